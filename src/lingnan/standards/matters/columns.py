"""Columns of item tables: which header means which field, and how cells are read and written."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from lingnan.kernel.text import localise

from .models import ItemVersion
from .types import (
    CaseType,
    ExerciseLevel,
    HandlingForm,
    ItemType,
    LimitUnit,
    Scope,
    ServiceObject,
    Theme,
)

# field -> header names; the first is the one we export. From GB/T 39046-2020 table 4, the national
# exchange model, and files seen in practice. Compared without blanks, case and punctuation.
HEADERS: dict[str, tuple[str, ...]] = {
    "basic_code": ("基本编码", "basic_code", "catalog_code", "目录编码"),
    "implementation_code": (
        "实施编码",
        "implementation_code",
        "task_code",
        "事项编码",
        "实施清单编码",
    ),
    "name": ("事项名称", "item_name", "task_name", "name"),
    "item_type": ("事项类型代码", "事项类型", "task_type", "item_type"),
    "department": ("实施主体", "department", "dept_name", "实施机构", "部门"),
    "dept_uscc": ("实施主体代码", "dept_uscc", "dept_code", "统一社会信用代码"),
    "area_code": ("行政区划代码", "area_code", "region_code", "区划代码", "行政管辖代码"),
    "exercise_level": ("行使层级代码", "行使层级", "use_level", "exercise_level"),
    "legal_basis": ("设定依据", "by_law", "legal_basis"),
    "summary": ("事项简介", "summary", "办理内容"),
    "everyday_words": ("通俗说法", "everyday_words", "相似问法"),
    "themes": ("服务主题", "themes"),
    "service_objects": ("服务对象代码", "服务对象", "server_type", "service_objects"),
    "handling_forms": ("办理形式代码", "办理形式", "handle_type", "handling_forms"),
    "case_type": ("办件类型代码", "办件类型", "project_type", "case_type"),
    "statutory_limit": ("法定办结时限", "anticipate_day", "statutory_limit"),
    "statutory_unit": ("法定办结时限单位", "anticipate_type", "statutory_unit"),
    "promised_limit": ("承诺办结时限", "promise_day", "promised_limit"),
    "promised_unit": ("承诺办结时限单位", "promise_type", "promised_unit"),
    "conditions": ("受理条件", "accept_condition", "conditions"),
    "materials": ("材料名称", "申请材料", "material_name", "materials"),
    "flow": ("办理流程", "handle_flow", "flow"),
    "fee_charged": ("是否收费", "is_fee", "fee_charged"),
    "fee_basis": ("收费依据", "fee_basis"),
    "results": ("结果名称", "result_name", "results"),
    "visits": ("到现场次数", "limit_scene_num", "visits"),
    "visits_reason": ("到现场说明", "limit_scene_explain", "visits_reason"),
    "online_depth": ("网办深度", "online_handle_depth", "online_depth"),
    "online_url": ("网办地址", "online_handle_url", "online_url"),
    "supports_courier": ("是否支持物流快递", "is_express", "supports_courier"),
    "supports_booking": ("是否支持预约办理", "is_schedule", "supports_booking"),
    "supports_online_payment": ("是否支持网上支付", "is_pay_online", "supports_online_payment"),
    "scope": ("通办范围", "handle_area", "scope"),
    "address": ("办理地点", "transact_addr", "address"),
    "hours": ("办理时间", "transact_time", "hours"),
    "consult_phone": ("咨询电话", "link_way", "consult_phone", "咨询方式"),
    "supervise_phone": ("监督电话", "supervise_way", "supervise_phone", "监督投诉方式"),
    "effective_from": ("计划生效日期", "plan_effective_date", "effective_from"),
    "effective_until": ("计划取消日期", "plan_cancel_date", "effective_until"),
}
IDENTITY = frozenset(
    {
        "basic_code",
        "implementation_code",
        "name",
        "item_type",
        "department",
        "dept_uscc",
        "area_code",
        "exercise_level",
        "legal_basis",
    }
)
REQUIRED = ("basic_code", "implementation_code", "name", "item_type", "department")

_NOISE = re.compile(r"[\s_\-（）()/、，,.]+")
_SEPARATORS = re.compile(r"[;；\n|]+")


def _key(header: str) -> str:
    return _NOISE.sub("", header).lower()


_BY_HEADER = {_key(name): field for field, names in HEADERS.items() for name in names}


def map_headers(headers: list[str]) -> tuple[dict[int, str], list[str]]:
    """(column number -> field, headers that mean nothing to us). The first of two wins."""
    found: dict[int, str] = {}
    unread: list[str] = []
    for number, header in enumerate(headers):
        field = _BY_HEADER.get(_key(header))
        if field and field not in found.values():
            found[number] = field
        elif header.strip():
            unread.append(header)
    return found, unread


# -- reading cells ------------------------------------------------------------------------------


def _split(cell: str) -> list[str]:
    return [part.strip() for part in _SEPARATORS.split(cell) if part.strip()]


def _lines(cell: str) -> list[str]:
    return [line.strip() for line in re.split(r"[\n\r]+", cell) if line.strip()]


def _number(cell: str) -> int:
    match = re.match(r"\s*(\d+)(?:\.0+)?", cell)
    if match is None:
        raise ValueError(cell)
    return int(match[1])


def _yes(cell: str) -> bool:
    if cell.strip().lower() in {"1", "是", "yes", "y", "true", "有"}:
        return True
    if cell.strip().lower() in {"0", "否", "no", "n", "false", "无", ""}:
        return False
    raise ValueError(cell)


_CHINESE: dict[str, str] = {
    "行政许可": "01",
    "行政给付": "05",
    "行政确认": "07",
    "行政奖励": "08",
    "行政裁决": "09",
    "其他行政权力": "10",
    "其他类别事项": "10",
    "公共服务": "20",
    "公共服务事项": "20",
    "行政处罚": "02",
    "行政强制": "03",
    "行政征收": "04",
    "行政检查": "06",
}
_LEVELS = {"国家级": 1, "省级": 2, "市级": 3, "县级": 4, "镇级": 5, "村级": 6, "分级管理": 7}
_OBJECTS = {
    "自然人": "1",
    "企业法人": "2",
    "事业法人": "3",
    "社会组织法人": "4",
    "行政机关": "5",
    "其他组织": "6",
}
_FORMS = {"窗口办理": "1", "网上办理": "2", "移动端": "3", "快递申请": "4", "其他": "9"}
_CASE_TYPES = {"即办件": "1", "承诺件": "2", "其他": "9"}
_DEPTHS = {"Ⅰ": 1, "Ⅱ": 2, "Ⅲ": 3, "Ⅳ": 4, "一级": 1, "二级": 2, "三级": 3, "四级": 4}
_UNITS = {
    "工作日": LimitUnit.WORKDAYS,
    "个工作日": LimitUnit.WORKDAYS,
    "workdays": LimitUnit.WORKDAYS,
    "日": LimitUnit.CALENDAR_DAYS,
    "天": LimitUnit.CALENDAR_DAYS,
    "自然日": LimitUnit.CALENDAR_DAYS,
    "calendar_days": LimitUnit.CALENDAR_DAYS,
}
_SCOPES = {
    "无": "",
    "全市": "counties",
    "全省": "cities",
    "跨省": "provinces",
    "全国": "nationwide",
}
_THEMES = {theme.value: theme.value for theme in Theme}


def _choice(names: Mapping[str, Any], values: list[Any]) -> Callable[[str], Any]:
    def read(cell: str) -> Any:
        cell = cell.strip()
        if cell in names:
            return names[cell]
        for value in values:
            if str(value) == cell or (cell.isdigit() and str(value).lstrip("0") == cell):
                return value
        raise ValueError(cell)

    return read


def _choices(names: Mapping[str, Any], values: list[Any]) -> Callable[[str], list[Any]]:
    one = _choice(names, values)

    def read(cell: str) -> list[Any]:
        return [one(part) for part in re.split(r"[;；,，、\n|]+", cell) if part.strip()]

    return read


read_item_type = _choice(_CHINESE, ItemType.values)
read_level = _choice(_LEVELS, ExerciseLevel.values)


def _read_materials(cell: str) -> list[dict[str, Any]]:
    """A line for each: "name", or "code|name|必要" as we export them."""
    materials = []
    for number, line in enumerate(_lines(cell.replace("；", "\n").replace(";", "\n")), start=1):
        parts = [part.strip() for part in line.split("|")]
        if len(parts) == 1:
            parts = [f"M{number:02d}", parts[0]]
        required = len(parts) < 3 or parts[2] not in {"容缺", "非必要", "0"}
        materials.append({"code": parts[0], "name": parts[1], "required": required})
    return materials


def _is_licence(name: str) -> bool:
    return name.endswith(("证", "证书", "执照"))


def _read_results(cell: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "kind": "licence" if _is_licence(name) else "document"}
        for name in _split(cell)
    ]


READERS: dict[str, Callable[[str], Any]] = {
    "summary": str.strip,
    "everyday_words": _split,
    "themes": _choices(_THEMES, Theme.values),
    "service_objects": _choices(_OBJECTS, ServiceObject.values),
    "handling_forms": _choices(_FORMS, HandlingForm.values),
    "case_type": _choice(_CASE_TYPES, CaseType.values),
    "statutory_limit": _number,
    "statutory_unit": _choice(_UNITS, LimitUnit.values),
    "promised_limit": _number,
    "promised_unit": _choice(_UNITS, LimitUnit.values),
    "conditions": _lines,
    "materials": _read_materials,
    "flow": lambda cell: [{"name": line} for line in _lines(cell)],
    "fee_charged": _yes,
    "fee_basis": str.strip,
    "results": _read_results,
    "visits": _number,
    "visits_reason": str.strip,
    "online_depth": _choice(_DEPTHS, [1, 2, 3, 4]),
    "online_url": str.strip,
    "supports_courier": _yes,
    "supports_booking": _yes,
    "supports_online_payment": _yes,
    "scope": _choice(_SCOPES, Scope.values),
    "consult_phone": str.strip,
    "supervise_phone": str.strip,
    "effective_from": str.strip,
    "effective_until": str.strip,
}


# -- writing cells ------------------------------------------------------------------------------


def _texts(values: list[Any]) -> str:
    return "\n".join(localise(value, "zh-hans") for value in values)


def _place(version: ItemVersion, key: str) -> str:
    return localise(version.places[0].get(key), "zh-hans") if version.places else ""


def _level(version: ItemVersion) -> int:
    return version.service_item.exercise_level


def _laws(version: ItemVersion) -> str:
    return "\n".join(
        f"{law['title']}{law.get('article', '')}"
        for law in version.service_item.basic_item.legal_basis
    )


def _material(material: dict[str, Any]) -> str:
    need = "必要" if material.get("required", True) else "容缺"
    return f"{material['code']}|{localise(material['name'], 'zh-hans')}|{need}"


def cells(version: ItemVersion) -> dict[str, str]:
    """A version as one row; `READERS` read it back."""
    item, basic = version.service_item, version.service_item.basic_item
    agency = item.agency
    values: dict[str, Any] = {
        "basic_code": basic.code12 or basic.local_code,
        "implementation_code": item.code31 or item.local_code,
        "name": localise(basic.name, "zh-hans"),
        "item_type": basic.item_type,
        "department": agency.name if agency else item.foreign_body_name,
        "dept_uscc": agency.uscc if agency else item.foreign_body_uscc,
        "area_code": item.foreign_region_code or item.region_path.rstrip("/").rpartition("/")[2],
        "exercise_level": _level(version),
        "legal_basis": _laws(version),
        "summary": localise(version.summary, "zh-hans"),
        "everyday_words": "；".join(version.everyday_words),
        "themes": "；".join(version.themes),
        "service_objects": "；".join(version.service_objects),
        "handling_forms": "；".join(version.handling_forms),
        "conditions": _texts(version.conditions),
        "materials": "\n".join(_material(material) for material in version.materials),
        "flow": _texts([step["name"] for step in version.flow]),
        "results": "；".join(localise(r["name"], "zh-hans") for r in version.results),
        "visits_reason": localise(version.visits_reason, "zh-hans"),
        "address": _place(version, "address"),
        "hours": _place(version, "hours"),
    }
    for field in HEADERS:
        if field not in values:
            values[field] = getattr(version, field)
    return {field: _cell(values[field]) for field in HEADERS}


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value)
