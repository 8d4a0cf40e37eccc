"""The main job as a program: plays an application through the public HTTP API as the people do.

An application is a file of `examples/`. Everyone acts with his own account and token; nothing here
touches the database. Each step yields who did what, how the clock stands, and how it ended.
"""

import json
import mimetypes
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pyotp

from lingnan.kernel.clock import SHANGHAI

WAIT_S = 60.0
POLL_S = 0.2
RETRY_WAIT_S = 60.0
OFFICER_STEPS = ("accept", "review", "inspect", "decide")


class StepFailed(Exception):
    """A step did not end as it must; the message says what the API answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """How one person signs in; `where` and `roles` choose who works on a task."""

    username: str
    password: str
    name: str
    totp_secret: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One line of the live table."""

    matter: str
    step: str
    who: str
    clock: str
    result: str


@dataclass(slots=True)
class Person:
    """One signed-in person with a token of his own."""

    base_url: str
    credentials: Credentials
    token: str = ""
    me: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.credentials.name

    def sign_in(self) -> "Person":
        totp = ""
        if self.credentials.totp_secret:
            totp = pyotp.TOTP(self.credentials.totp_secret).now()
        body = {
            "username": self.credentials.username,
            "password": self.credentials.password,
            "totp": totp,
            "as_officer": bool(self.credentials.totp_secret),
        }
        answer = send(self.base_url, "POST", "/api/v1/sessions", json=body)
        self.token = str(answer["token"])
        self.me = self.get("/me")
        return self

    def get(self, path: str, **query: Any) -> Any:
        return self._call("GET", path, params=query)

    def post(self, path: str, body: Mapping[str, Any] | None = None, **more: Any) -> Any:
        return self._call("POST", path, json=body if "files" not in more else None, **more)

    def patch(self, path: str, body: Mapping[str, Any]) -> Any:
        return self._call("PATCH", path, json=body)

    def _call(self, method: str, path: str, **options: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"}
        if method != "GET":
            headers["Idempotency-Key"] = str(uuid4())
        return send(self.base_url, method, f"/api/v1{path}", headers=headers, **options)


@dataclass(slots=True)
class Cast:
    """Everyone who may play: residents by name of the part, officers by role and agency."""

    base_url: str
    residents: Mapping[str, Credentials]
    officers: list[Credentials]
    known: dict[str, Person] = field(default_factory=dict)

    def resident(self, part: str) -> Person:
        return self._person(self.residents[part])

    def officer(self, *, role: str, agency_id: str) -> Person:
        """An officer of the agency who holds the role. Raises: StepFailed."""
        for credentials in self.officers:
            person = self._person(credentials)
            if str(person.me.get("agency_id")) != agency_id:
                continue
            if any(grant["role"] == role for grant in person.me["grants"]):
                return person
        raise StepFailed(f"no demo officer holds the role {role} at agency {agency_id}")

    def named(self, username: str) -> Person:
        return self._person(next(o for o in self.officers if o.username == username))

    def _person(self, credentials: Credentials) -> Person:
        found = self.known.get(credentials.username)
        if found is None:
            found = Person(self.base_url, credentials).sign_in()
            self.known[credentials.username] = found
        return found


@dataclass(slots=True)
class Application:
    """One file of `examples/`, and where its documents lie."""

    path: Path
    content: dict[str, Any]

    @classmethod
    def read(cls, path: Path) -> "Application":
        """Raises: StepFailed when the file is not an application."""
        try:
            content = json.loads(path.read_text())
        except OSError as error:
            raise StepFailed(f"{path} cannot be read: {error.strerror}") from error
        except (ValueError, RecursionError) as error:
            raise StepFailed(f"{path} is not JSON: {error}") from error
        if not isinstance(content, dict) or not {"applicant", "answers"} <= content.keys():
            raise StepFailed(f"{path} is not an application: it needs applicant and answers")
        return cls(path, content)

    @property
    def title(self) -> str:
        title = self.content.get("title") or {}
        return str(title.get("zh-hans") or self.path.stem)

    def file(self, name: str) -> tuple[str, bytes, str]:
        path = self.path.parent / name
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        return path.name, path.read_bytes(), kind


@dataclass(slots=True)
class Player:
    """Plays applications; `tell` hears of every step."""

    cast: Cast
    tell: Callable[[Told], None]
    pay_as_customer: Callable[[str], None]
    case_ids: list[str] = field(default_factory=list)

    def play(self, application: Application) -> None:
        """The whole life of one application. Raises: StepFailed at the first step that fails."""
        if application.content.get("expect_refusal"):
            self._expect_refusal(application)
        elif application.content.get("theme"):
            self._play_joint(application)
        else:
            self._play_single(application)

    # --- one matter ------------------------------------------------------------------------------

    def _play_single(self, application: Application) -> None:
        person = self._applicant(application)
        guide = self._guide(person, application)
        case = self._submit(application, person, guide)
        self._carry(application, person, case["id"])

    def _applicant(self, application: Application) -> Person:
        part = str(application.content["applicant"])
        person = self.cast.resident(part)
        wanted = {"firm": "organisation", "elder": "person"}.get(part)
        if wanted:
            others = [
                choice
                for choice in person.me["choices"]
                if choice["kind"] == wanted and choice["id"] != person.me["person_id"]
            ]
            if not others:
                raise StepFailed(f"{person.name} may act for no {wanted}")
            chosen = {"kind": others[0]["kind"], "id": others[0]["id"]}
            person.post("/me/acting-as", chosen)
            person.me = person.get("/me")
        else:
            person.post("/me/acting-as", {"kind": "person", "id": person.me["person_id"]})
            person.me = person.get("/me")
        return person

    def _guide(self, person: Person, application: Application) -> Any:
        content = application.content
        hits = person.get("/matters/items", q=content["matter"], region=content["region"])
        if not hits["items"]:
            raise StepFailed(f"no guide for matter {content['matter']} in {content['region']}")
        return person.get(f"/matters/items/{hits['items'][0]['code31']}")

    def _submit(self, application: Application, person: Person, guide: Any) -> Any:
        draft = person.post("/drafts", {"item_code": guide["code31"]})
        known = sum(1 for value in draft["data"].values() if value not in ("", None, [], {}))
        self._say(application, "填表", person, "", f"{known} 项由政府已有数据带出")
        person.patch(f"/drafts/{draft['id']}", {"data": application.content["answers"]})
        draft = person.get(f"/drafts/{draft['id']}")
        for material in draft["materials"]:
            person._call("DELETE", f"/drafts/{draft['id']}/materials/{material['id']}")
        reused = self._hand_in(application, person, guide, draft["id"])
        case = person.post(f"/drafts/{draft['id']}/submission", {})
        self.case_ids.append(case["id"])
        note = f"，{reused} 份证照从证照夹调用" if reused else ""
        self._say(application, "提交", person, "", f"办件编号 {case['number']}{note}")
        return case

    def _hand_in(self, application: Application, person: Person, guide: Any, draft_id: str) -> int:
        """Files from the example; licences from the wallet. Returns how many licences."""
        files: Mapping[str, str] = application.content.get("materials") or {}
        reused = 0
        wallet = person.get("/licences")["items"]
        for material in guide["materials"]:
            code = material["code"]
            if code in files:
                person.post(
                    f"/drafts/{draft_id}/materials",
                    data={"code": code},
                    files={"file": application.file(files[code])},
                )
                continue
            wanted = material.get("licence_type_code")
            fitting = [
                licence
                for licence in wallet
                if wanted and licence["type_code"] == wanted and licence["status"] == "valid"
            ]
            if fitting:
                person.post(
                    f"/drafts/{draft_id}/licences",
                    {"code": code, "licence_id": fitting[0]["id"]},
                )
                reused += 1
        return reused

    # --- from receipt to the licence -------------------------------------------------------------

    def _carry(self, application: Application, person: Person, case_id: str) -> None:
        """Everyone does what it is his turn to do, until nothing more happens to the case."""
        deadline = time.monotonic() + 4 * WAIT_S
        while time.monotonic() < deadline:
            view = person.get(f"/cases/{case_id}/view")
            state = view["case"]["state"]
            if state == "delivered":
                break
            if view["can_correct"]:
                self._correct(application, person, case_id)
            elif view["is_fee_due"]:
                self._pay(application, person, view)
            elif not self._officer_step(application, person, case_id):
                if state in ("denied", "not_accepted", "returned", "withdrawn", "voided"):
                    raise StepFailed(f"the case ended as {state}")
                time.sleep(POLL_S)
        else:
            raise StepFailed("the case did not end in time; is a worker running?")
        self._finish(application, person, case_id)

    def _officer_step(self, application: Application, person: Person, case_id: str) -> bool:
        """One step of one officer, if an officer's turn it is."""
        reader = self.cast.named("leader")
        steps = reader.get(f"/cases/{case_id}/file")["steps"]
        turn = [step for step in steps if step["step_id"] in OFFICER_STEPS and step.get("task_id")]
        if not turn:
            return False
        step = turn[0]
        officer = self.cast.officer(role=step["role"], agency_id=str(step["agency_id"]))
        done = self._work(application, officer, case_id, step)
        self._say(application, step["name"], officer, self._clock(person, case_id), done)
        return True

    def _work(
        self, application: Application, officer: Person, case_id: str, step: Mapping[str, Any]
    ) -> str:
        content = application.content
        task = {"task_id": step["task_id"]}
        if step["step_id"] == "accept":
            correction = content.get("correction")
            if correction and not officer.get(f"/cases/{case_id}/file")["correction"]:
                officer.post(
                    f"/cases/{case_id}/corrections", {"items": correction["items"], **task}
                )
                return f"一次性告知补正：{correction['items'][0]['problem']}"
            case = officer.post(f"/cases/{case_id}/acceptance", {"opinion": "材料齐全", **task})
            return f"受理，承诺 {case['promised_due_on']} 前办结"
        if step["step_id"] == "inspect":
            found = content["inspection"]
            today = datetime.now(UTC).astimezone(SHANGHAI).date().isoformat()
            officer.post(f"/cases/{case_id}/inspections", {"inspected_on": today, **found, **task})
            return f"{len(found['findings'])} 项核查：{found['summary']}"
        if step["step_id"] == "decide":
            officer.post(
                f"/cases/{case_id}/decision", {"outcome": "grant", "reason": "符合条件", **task}
            )
            return "准予"
        officer.post(f"/cases/{case_id}/reviews", {"outcome": "pass", "opinion": "符合", **task})
        return f"通过（{step['agency_name']}）"

    def _correct(self, application: Application, person: Person, case_id: str) -> None:
        case = person.get(f"/cases/{case_id}")
        materials = []
        for code, name in application.content["correction"]["materials"].items():
            stored = person.post(
                "/materials",
                data={"item_code": case["item_code"], "code": code},
                files={"file": application.file(name)},
            )
            materials.append({"code": code, "kind": "upload", "file_id": stored["file_id"]})
        person.post(f"/cases/{case_id}/correction", {"materials": materials})
        self._say(application, "补正", person, "", f"补交 {len(materials)} 份材料")

    def _pay(self, application: Application, person: Person, view: Mapping[str, Any]) -> None:
        bill_id = view["bill_id"]
        paid = person.post(f"/payment/bills/{bill_id}/payments", {"channel": "bank"})
        self.pay_as_customer(str(paid["pay_url"]))
        bill = self._wait(
            lambda: person.get(f"/payment/bills/{bill_id}"),
            lambda found: found["state"] == "paid",
            "the payment was not confirmed",
        )
        self._wait(
            lambda: person.get(f"/cases/{view['case']['id']}/view"),
            lambda found: not found["is_fee_due"],
            "the case did not learn of the payment; is a worker running?",
        )
        amount = f"¥{bill['amount_fen'] / 100:.2f}"
        self._say(application, "缴费", person, "", f"{amount}，缴款码 {bill['code']}")

    def _finish(self, application: Application, person: Person, case_id: str) -> None:
        view = self._wait(
            lambda: person.get(f"/cases/{case_id}/view"),
            lambda found: bool(found["licence_id"]),
            "no licence was issued",
        )
        licence = person.get(f"/licences/{view['licence_id']}")
        self._say(application, "签发证照", None, "", licence["identifier"])
        self._verify(application, person, licence)
        rating = application.content.get("rating")
        if rating:
            person.post(f"/cases/{case_id}/rating", rating)
            self._say(application, "评价", person, "", "★" * (6 - rating["level"]))

    def _verify(self, application: Application, person: Person, licence: Any) -> None:
        base = self.cast.base_url
        found = send(base, "GET", f"/api/v1/licences/verify/{licence['identifier']}")
        if found["verdict"] != "proven":
            raise StepFailed(f"the licence does not verify: {found['verdict']}")
        said = self._verify_with_openssl(person, licence["id"])
        self._say(application, "核验证照", None, "", f"平台核验通过；{said}")

    def _verify_with_openssl(self, person: Person, licence_id: str) -> str:
        """Payload, signature and certificate, checked by a program that is not ours."""
        openssl = shutil.which("openssl")
        if openssl is None:
            return "未安装 openssl，跳过外部核验"
        proof = person.get(f"/licences/{licence_id}/proof")
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            for kind in ("payload", "signature", "certificate", "chain"):
                got = ask(
                    self.cast.base_url,
                    "GET",
                    proof[f"{kind}_url"],
                    headers={"Authorization": f"Bearer {person.token}"},
                )
                (folder / _file_name(got, kind)).write_bytes(got.content)
            for line in proof["commands"]:
                done = subprocess.run(
                    ["/bin/sh", "-c", line], cwd=folder, capture_output=True, text=True
                )
                if done.returncode:
                    raise StepFailed(f"openssl says no: {line}: {done.stdout}{done.stderr}")
        return "openssl 验签通过"

    # --- one thing -------------------------------------------------------------------------------

    def _play_joint(self, application: Application) -> None:
        person = self._applicant(application)
        content = application.content
        region = person.get(f"/regions/{content['region']}")["path"]
        scenario = {"answers": content["scenario"], "region_path": region}
        plan = person.post(f"/joint-themes/{content['theme']}/plan", scenario)
        names = "、".join(part["item_name"]["zh-hans"] for part in plan["parts"])
        self._say(application, "情形引导", person, "", f"{len(plan['parts'])} 个事项：{names}")
        materials = []
        for code, name in (content.get("materials") or {}).items():
            owner = self._owner_of(person, plan, code)
            stored = person.post(
                "/materials",
                data={"item_code": owner, "code": code},
                files={"file": application.file(name)},
            )
            materials.append({"code": code, "kind": "upload", "file_id": stored["file_id"]})
        body = {
            "theme_code": content["theme"],
            "answers": content["scenario"],
            "data": {**self._known(person, plan), **content["answers"]},
            "materials": materials,
            "region_path": region,
        }
        joint = person.post("/joint-cases", body)
        note = f"承诺 {joint['promise_workdays']} 个工作日，少填 {plan['fields_saved']} 项"
        self._say(application, "提交", person, "", note)
        played: set[str] = set()
        deadline = time.monotonic() + 6 * WAIT_S
        while time.monotonic() < deadline:
            joint = person.get(f"/joint-cases/{joint['id']}")
            if joint["state"] == "finished":
                self._say(application, "一件事办结", person, "", joint["number"])
                return
            waiting = [
                child["case"]["id"]
                for child in joint["children"]
                if child["case"] and child["case"]["id"] not in played
            ]
            for case_id in waiting:
                played.add(case_id)
                self.case_ids.append(case_id)
                self._carry(application, person, case_id)
            if not waiting:
                time.sleep(POLL_S)
        raise StepFailed("the joint case did not end in time")

    def _owner_of(self, person: Person, plan: Any, code: str) -> str:
        for part in plan["parts"]:
            guide = person.get(f"/matters/items/{part['item_code']}")
            if any(material["code"] == code for material in guide["materials"]):
                return str(part["item_code"])
        raise StepFailed(f"no matter of the theme asks for the material {code}")

    def _known(self, person: Person, plan: Any) -> dict[str, Any]:
        """What the government knows, read from a draft of the first matter."""
        code = plan["parts"][0]["item_code"]
        draft = person.post("/drafts", {"item_code": code})
        person._call("DELETE", f"/drafts/{draft['id']}")
        fields = plan["form_schema"]["properties"]
        return {name: value for name, value in draft["data"].items() if name in fields}

    # --- faulty on purpose -----------------------------------------------------------------------

    def _expect_refusal(self, application: Application) -> None:
        person = self._applicant(application)
        guide = self._guide(person, application)
        before = len(person.get("/cases", limit=200)["items"])
        body = {"item_code": guide["code31"], "data": application.content["answers"]}
        answer = httpx.post(
            f"{self.cast.base_url}/api/v1/cases",
            json=body,
            headers={"Authorization": f"Bearer {person.token}"},
            timeout=30,
            trust_env=False,
        )
        if not 400 <= answer.status_code < 500:
            raise StepFailed(f"a faulty application was answered with {answer.status_code}")
        problem = answer.json()
        if not problem.get("fields"):
            raise StepFailed("the refusal names no field")
        if len(person.get("/cases", limit=200)["items"]) != before:
            raise StepFailed("a refused application left a case behind")
        paths = "、".join(sorted({entry["path"] or "整份表" for entry in problem["fields"]}))
        said = f"拒绝 {problem['code']}，指出 {len(problem['fields'])} 处：{paths}"
        self._say(application, "提交", person, "", said)

    # --- telling ---------------------------------------------------------------------------------

    def _clock(self, person: Person, case_id: str) -> str:
        clock = person.get(f"/cases/{case_id}/view")["clock"]
        if not clock or not clock.get("promised_due_on"):
            return ""
        if clock.get("stopped_since"):
            return "计时暂停"
        return f"{LIGHTS.get(clock['light'], '')} 至 {clock['promised_due_on']}"

    def _say(
        self, application: Application, step: str, who: Person | None, clock: str, result: str
    ) -> None:
        name = ""
        if who is not None:
            principal = who.me.get("principal")
            name = who.name
            if principal and principal["name"] != who.name:
                name = f"{who.name}（代 {principal['name']}）"
        self.tell(Told(matter=application.title, step=step, who=name, clock=clock, result=result))

    def _wait(self, ask: Callable[[], Any], is_enough: Callable[[Any], bool], failure: str) -> Any:
        deadline = time.monotonic() + WAIT_S
        while True:
            found = ask()
            if is_enough(found):
                return found
            if time.monotonic() > deadline:
                raise StepFailed(failure)
            time.sleep(POLL_S)


LIGHTS = {"green": "●正常", "yellow": "▲临期", "red": "■超期", "stopped": "计时暂停"}


def indicators(person: Person) -> dict[str, Any]:
    """The six indicators as a leader sees them now."""
    found: dict[str, Any] = person.get("/performance/indicators")
    return found


def settled_indicators(person: Person) -> dict[str, Any]:
    """The indicators once the last events have arrived: asked until they stand still."""
    found = indicators(person)
    for _attempt in range(20):
        time.sleep(0.5)
        again = indicators(person)
        if again == found:
            return again
        found = again
    return found


def applications(folder: Path) -> Iterator[Application]:
    """The applications of a folder, in the order the demo plays them."""
    order = (
        "residence_permit",
        "food_business",
        "driving_licence",
        "old_age_allowance",
        "construction_permit",
        "start_business",
        "faulty",
    )
    for name in order:
        path = folder / f"{name}.json"
        if path.exists():
            yield Application.read(path)


def _file_name(answer: httpx.Response, kind: str) -> str:
    """The name the answer gives its file, as the commands use it."""
    header = answer.headers.get("Content-Disposition", "")
    _, found, name = header.partition('filename="')
    return Path(name.split('"')[0]).name if found else kind


def send(base_url: str, method: str, path: str, **options: Any) -> Any:
    """One request and what its JSON says; an empty answer is {}. Asks as `ask` does."""
    answer = ask(base_url, method, path, **options)
    return answer.json() if answer.content else {}


def ask(base_url: str, method: str, path: str, **options: Any) -> httpx.Response:
    """One request; a server that is just being restarted is asked again with the same key.

    Raises: StepFailed with the problem's words.
    """
    give_up = datetime.now(UTC) + timedelta(seconds=RETRY_WAIT_S)
    with httpx.Client(timeout=30, trust_env=False) as client:
        # Built once: a body made anew would have another multipart boundary, and the same key
        # with another body is refused.
        request = client.build_request(method, f"{base_url}{path}", **options)
        request.read()
        while True:
            try:
                answer = client.send(request)
            except httpx.TransportError as error:
                if datetime.now(UTC) > give_up:
                    raise StepFailed(f"{method} {path}: the server does not answer") from error
                time.sleep(POLL_S)
                continue
            if answer.status_code in (502, 503) and datetime.now(UTC) < give_up:
                time.sleep(POLL_S)
                continue
            break
    if answer.status_code >= 400:
        raise StepFailed(f"{method} {path}: {answer.status_code} {_problem(answer)}")
    return answer


def _problem(answer: httpx.Response) -> str:
    try:
        body = answer.json()
    except ValueError:
        return answer.text[:200]
    fields = "; ".join(f"{f['path']}: {f['message']}" for f in body.get("fields") or ())
    return f"{body.get('code')} {body.get('detail')} {fields}".strip()
