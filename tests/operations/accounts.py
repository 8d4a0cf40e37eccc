"""The demo accounts of an installation as JSON: `python -m tests.operations.accounts`."""

import json
import sys

import django

django.setup()

from lingnan.project import demo  # noqa: E402

if __name__ == "__main__":
    json.dump(
        [
            {
                "username": account.username,
                "password": account.password,
                "name": account.name,
                "totp_secret": account.totp_secret,
            }
            for account in demo.accounts()
        ],
        sys.stdout,
    )
