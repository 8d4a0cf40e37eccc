"""lingnan demo: load, start, play the main job, stay up until Ctrl-C."""

import os
import signal
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from rich.console import Console
from rich.live import Live
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from lingnan.project import demo, embedded, player, processes, setup
from lingnan.project.config import BASE_DIR


class Command(BaseCommand):
    help = "Load the demo's data, start everything, play the main job, stay up until Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="end after the job")
        parser.add_argument("--again", action="store_true", help="play what was played before")
        parser.add_argument("--no-play", action="store_true", help="only start, play nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        config = settings.LINGNAN
        if config.production:
            raise CommandError("the demo does not run in production mode; use ./lingnan serve")
        console = Console(width=None if sys.stdout.isatty() else 140)
        self._check_ports(config)
        signal.signal(signal.SIGTERM, _interrupt)
        supervisor = self._supervisor(config, console)
        try:
            self._prepare(console)
            connection.close()
            supervisor.start()
            base_url = f"http://{config.host}:{config.port}"
            if not processes.wait_until_answering(
                f"{base_url}/", timeout_s=180, tend=supervisor.tend
            ):
                raise CommandError(f"the web server does not start; see {config.var / 'log'}")
            console.print(f"岭南 Lingnan  [bold]{config.public_url}[/bold]")
            held = options["no_play"] or self._play(console, supervisor, base_url, options["again"])
            if options["once"]:
                if not held:
                    sys.exit(1)
                return
            self._say_where(console, config)
            supervisor.run_forever()
        except KeyboardInterrupt:
            console.print("\n停止 stopping")
        except embedded.CannotStart as error:
            raise CommandError(str(error)) from error
        except setup.NotInstalled as error:
            raise CommandError(str(error)) from error
        finally:
            supervisor.stop()
            connection.close()
            if supervisor.watch_database:
                embedded.stop(config.var)

    def _check_ports(self, config: Any) -> None:
        bank, gateway = _port(config.bank_url), _port(config.identity_url)
        for port, name in (
            (config.port, "LINGNAN_PORT"),
            (bank, "LINGNAN_BANK_URL"),
            (gateway, "LINGNAN_IDENTITY_URL"),
        ):
            try:
                processes.check_port(config.host, port)
            except processes.PortTaken as error:
                raise CommandError(
                    f"{error}: stop what listens there, or set {name} to another"
                ) from error

    def _supervisor(self, config: Any, console: Console) -> processes.Supervisor:
        supervisor = processes.Supervisor(
            config,
            processes.environment_for(config, os.environ["DATABASE_URL"]),
            watch_database=not os.environ.get("LINGNAN_OWN_DATABASE"),
            on_restart=lambda name: console.print(f"[yellow]{name} 已重启 started again[/yellow]"),
        )
        bank, gateway = str(_port(config.bank_url)), str(_port(config.identity_url))
        supervisor.add("web", processes.web_command())
        supervisor.add("worker", processes.command("worker"))
        supervisor.add("bank", processes.command("channel-simulator", "--port", bank))
        supervisor.add("identity", processes.command("identity-simulator", "--port", gateway))
        return supervisor

    def _prepare(self, console: Console) -> None:
        """Set up and load, with a bar for whatever takes its time."""
        columns = (
            TextColumn("{task.description:<24}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=console) as progress:
            for step in setup.steps():
                task = self._begin(console, progress, step.title)
                step.run()
                progress.update(task, total=1, completed=1)
            for load in demo.loads():
                task = self._begin(console, progress, load.title)

                def told(done: int, total: int, task: Any = task) -> None:
                    progress.update(task, completed=done, total=total)

                load.run(told)
                progress.update(task, total=1, completed=1)

    def _begin(self, console: Console, progress: Progress, title: str) -> TaskID:
        if not console.is_terminal:  # bars are drawn when all is done: a log would stay silent
            console.print(title)
        return progress.add_task(title, total=None)

    def _play(
        self, console: Console, supervisor: processes.Supervisor, base_url: str, again: bool
    ) -> bool:
        residents, officers = demo.credentials()
        cast = player.Cast(base_url, residents, officers)
        leader = cast.named("leader")
        before = player.indicators(leader)
        table = Table("事项", "步骤", "谁", "计时", title="一次申请，限时联办", expand=True)
        table.add_column("结果", overflow="fold")  # a number is of use only whole
        done = demo.Played(settings.LINGNAN.var)
        database = str(connection.settings_dict["NAME"])
        held = True
        with Live(table, console=console, refresh_per_second=4, vertical_overflow="visible"):

            def tell(told: player.Told) -> None:
                supervisor.tend()
                table.add_row(told.matter, told.step, told.who, told.clock, told.result)

            for application in player.applications(BASE_DIR / "examples"):
                digest = done.digest(application, database)
                if digest in done.load() and not again:
                    table.add_row(application.title, "此前已办结", "", "", "--again 重新演示")
                    continue
                play = player.Player(cast, tell, demo.pay_at_simulator)
                try:
                    play.play(application)
                    done.add(digest, play.case_ids)
                except player.StepFailed as error:
                    held = False
                    table.add_row(application.title, "[red]失败[/red]", "", "", str(error))
        self._say_indicators(console, before, leader)
        return held

    def _say_indicators(
        self, console: Console, before: dict[str, Any], leader: player.Person
    ) -> None:
        after = player.settled_indicators(leader)
        table = Table("指标", "之前", "之后", "分子 / 分母", title="六项指标（由事件计算）")
        for old, new in zip(before["indicators"], after["indicators"], strict=True):
            table.add_row(
                new["name"],
                _percent(old["value"]),
                _percent(new["value"]),
                f"{new['numerator']:g} / {new['denominator']:g}",
            )
        console.print(table)

    def _say_where(self, console: Console, config: Any) -> None:
        url = config.public_url
        console.print(
            f"\n办事 portal     {url}/\n工作台 desk     {url}/desk/\n"
            f"驾驶舱 cockpit  {url}/cockpit/\n"
            f"核验 verify     {url}/verify/\n开发者 API      {url}/developers/\n"
            f"短信与邮件      {url}/messages/outbox/\n"
        )
        table = Table("账号", "姓名", "角色", "机关", title="演示账号，口令均为 Lingnan-2026")
        for account in demo.accounts():
            table.add_row(account.username, account.name, account.role, account.where)
        console.print(table)
        console.print(
            "第一步：以 linxiaoyan 登录（她住在天河区），搜“居住证”申请；"
            "再以 window 登录工作台受理。\n"
            "登录页列出全部演示账号，点账号即填入；公务人员的动态口令在登录的下一页。"
            "Ctrl-C 结束；./lingnan stop 停止留下的数据库。"
        )


def _port(url: str) -> int:
    return int(url.rpartition(":")[2].split("/")[0])


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f} %"


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt
