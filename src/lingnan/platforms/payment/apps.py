from django.apps import AppConfig


class PaymentConfig(AppConfig):
    name = "lingnan.platforms.payment"
    label = "payment"

    def ready(self) -> None:
        """A key that does not fit its certificate stops the start, not a payer's order."""
        from .adapters.registry import bank_signer  # noqa: PLC0415  (needs the models)

        bank_signer("own", "bank")
