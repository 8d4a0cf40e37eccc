"""46,212 published implementation lists, Guangdong's real count in 2017, made up from subjects.

They live in a database schema of their own that is dropped afterwards, so measuring leaves nothing
behind. Each subject has phrases that stewards would enter and, apart from them, questions that are
held out: those are never indexed, and tell how well people's own words are understood.
"""

import json
import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain

from django.apps import apps
from django.db import connection

from lingnan.standards.codes.types import uscc
from lingnan.standards.matters import terms
from lingnan.standards.matters.testing import LAW, list_content

LISTS = int(os.environ.get("LINGNAN_BENCH_LISTS") or 46_212)
SCHEMA = "bench_items"
TABLES = (
    "agencies_agency",
    "matters_basicitem",
    "matters_serviceitem",
    "matters_itemversion",
    "matters_searchdocument",
    "matters_searchposting",
)
CITIES, COUNTIES = 21, 122
PROCEDURES = ("", "变更", "延续", "补发", "注销", "信息查询")
VARIANTS = ("", "（省内通办）", "（港澳居民）")

# name | type | theme | phrases stewards enter | questions held out
SUBJECTS = """
食品经营许可|01|start_business|开店卖吃的;开餐馆要办什么证;小吃店|我想开个奶茶店;饭店开业手续
小餐饮登记|01|start_business|早餐摊;路边小饭馆|摆摊卖肠粉
公共场所卫生许可|01|start_business|开宾馆理发店;美容院卫生证|想开理发店
特种行业许可（旅馆业）|01|start_business|开民宿;酒店治安|办民宿要什么手续
个体工商户设立登记|01|start_business|营业执照;个体户;自己做老板|注册个体户
公司设立登记|01|start_business|注册公司;开公司;成立企业|怎么注册一家公司
药品零售经营许可|01|run_business|开药店;卖药|药房开张要啥
烟草专卖零售许可|01|run_business|卖香烟;烟证|小店卖烟
出版物零售经营许可|01|run_business|开书店;卖书|书店许可
道路货物运输经营许可|01|run_business|跑货运;货车营运证|大货车拉货
网络预约出租汽车驾驶员证|01|work|网约车司机证;开滴滴|跑网约车要考什么
劳务派遣经营许可|01|hire|派遣公司;人力外包|做劳务派遣
人力资源服务许可|01|hire|职业中介;猎头公司|开中介介绍工作
户外广告设施设置|01|run_business|招牌审批;门头广告|店门口挂招牌
城市道路占用挖掘|01|build|挖路;占道施工|施工要占马路
建筑工程施工许可|01|build|开工许可;工地开工|工程什么时候能开工
建设工程规划许可|01|build|建房规划;规划证|盖楼要先办什么
建设用地规划许可|01|build|用地规划;拿地后手续|土地规划怎么批
排水许可|01|build|污水排放接管;排水证|污水接入管网
取水许可|01|environment|打井取水;地下水|想打一口井
排污许可|01|environment|工厂排污;废气排放|工厂排废水要什么证
危险废物经营许可|01|environment|处理危废;废机油回收|回收废电池
林木采伐许可|01|land|砍树;伐木|砍自家山上的树
农药经营许可|01|land|卖农药;农资店|开农资店
兽药经营许可|01|land|卖兽药;宠物药|宠物药店
动物诊疗许可|01|run_business|宠物医院;兽医诊所|开宠物诊所
医疗机构执业登记|01|health|开诊所;办医院|想开牙科诊所
护士执业注册|01|health|护士证注册;护士上岗|刚毕业的护士怎么上岗
医师执业注册|01|health|医生注册;医师变更单位|医生换医院
民办学校办学许可|01|education|开培训班;办幼儿园|开个幼儿园
教师资格认定|07|education|教师证;考教师资格|当老师要什么证
校车使用许可|01|education|校车接送;校车标牌|学校接送车
机动车驾驶证期满换证|07|driving|驾照到期;驾驶证过期换新|驾照快到期了
机动车驾驶证补领|07|driving|驾照丢了;补驾驶证|驾驶证不见了
机动车注册登记|07|driving|新车上牌;车辆上户|买了新车上牌照
机动车检验合格标志|07|driving|年检;车辆年审|车要年审了
机动车转移登记|07|driving|二手车过户;车辆过户|卖二手车给别人
居住证申领|07|residence|暂住证;外地人住满半年|外地来打工想办证
户口迁移|07|residence|迁户口;落户|把户口迁过来
新生儿出生登记|07|birth|宝宝上户口;小孩入户|刚出生的孩子入户口
居民身份证换领|07|residence|身份证过期;换身份证|身份证到期换新的
居民身份证补领|07|residence|身份证丢了;挂失身份证|钱包丢了身份证也没了
普通护照签发|07|travel|办护照;出国证件|第一次出国要办啥
往来港澳通行证签发|07|travel|港澳通行证;去香港|去澳门玩要什么证
往来台湾通行证签发|07|travel|台湾通行证;去台湾|想去台湾旅游
结婚登记|07|marriage|领证结婚;民政局登记|领结婚证
离婚登记|07|marriage|协议离婚;离婚证|两口子要离婚
生育登记|20|birth|准生证;怀孕登记|怀孕了要登记吗
生育保险待遇申领|05|birth|生育津贴;产假工资|产假的钱怎么领
收养登记|07|birth|领养孩子;收养小孩|想领养一个小孩
失业保险金申领|05|work|失业金;被辞退领钱|公司倒闭了没工作
就业困难人员社保补贴|05|work|灵活就业补贴;大龄失业补贴|四十多岁找不到工作
创业担保贷款申请|05|work|创业贷款;小额贷款|想创业没有本钱
工伤认定|07|work|工作受伤;工伤鉴定|上班路上被车撞
职业技能等级认定补贴|05|work|考证补贴;技能提升|考了电工证能领补贴吗
社会保障卡申领|20|work|办社保卡;第一张社保卡|社保卡怎么办理
城乡居民养老保险参保|20|ageing|农村养老保险;居民社保|农村人交养老
企业职工养老金申领|05|ageing|办退休;领退休金|到年龄退休了
高龄津贴申领|05|ageing|八十岁老人补贴;长者津贴|老人满八十岁给多少钱
老年人优待证|20|ageing|老年卡;老人免费坐公交|爷爷坐公交免费
养老机构备案|10|run_business|开养老院;敬老院|办一家养老院
残疾人证核发|07|disability|残疾证;残疾鉴定|腿脚残疾要办证
困难残疾人生活补贴|05|disability|残疾补贴;残疾人两项补贴|残疾人每个月的钱
最低生活保障|05|disability|低保;困难家庭补助|家里太穷申请补助
临时救助|05|disability|突发困难救助;大病救助|家里突然出事没钱
医疗保险参保登记|20|health|交医保;居民医保|给孩子买医保
异地就医备案|20|health|外地看病报销;跨省就医|在外省住院能报吗
医疗费用手工报销|20|health|医药费报销;住院费报销|看病的发票怎么报
门诊特定病种认定|07|health|慢性病报销;门特|高血压长期吃药报销
不动产首次登记|07|housing|新房办房产证;房产证|买的新房什么时候拿证
不动产转移登记|07|housing|二手房过户;买卖房屋|卖房子过户给买家
不动产抵押登记|07|housing|房子抵押;房贷抵押|拿房子去银行贷款
不动产登记资料查询|20|housing|查房产;名下房产证明|查我名下有几套房
公共租赁住房申请|05|housing|公租房;廉租房|租不起房申请政府的房
住房公积金提取|20|housing|提公积金;取公积金租房|把公积金取出来交房租
住房公积金贷款|20|housing|公积金买房;公积金按揭|用公积金贷款买房
农村宅基地审批|01|land|宅基地建房;农村盖房|在老家村里盖房子
土地承包经营权登记|07|land|承包地确权;土地流转|村里的地承包给别人
增值税一般纳税人登记|20|tax|一般纳税人;税务登记|公司要开专票
发票领用|20|tax|领发票;买发票|开票要去哪里领
企业注销登记|01|close_business|注销公司;关店|公司不干了怎么关掉
死亡户口注销|07|death|人去世销户;注销户口|老人过世户口怎么处理
殡葬费用减免|05|death|火化费补贴;丧葬费|火化免费吗
"""


@dataclass(frozen=True, slots=True)
class Subject:
    name: str
    item_type: str
    theme: str
    phrases: tuple[str, ...]
    held_out: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Basic:
    id: uuid.UUID
    code12: str
    name: str
    subject: Subject
    words: tuple[str, ...]


def subjects() -> list[Subject]:
    found = []
    for line in SUBJECTS.strip().splitlines():
        name, item_type, theme, phrases, held_out = line.split("|")
        found.append(
            Subject(name, item_type, theme, tuple(phrases.split(";")), tuple(held_out.split(";")))
        )
    return found


def basics() -> list[Basic]:
    made = []
    for number, subject in enumerate(subjects()):
        for step, procedure in enumerate(PROCEDURES):
            for variant, suffix in enumerate(VARIANTS):
                main = number * len(PROCEDURES) + step + 10_000
                words = tuple(f"{phrase}{procedure}" for phrase in subject.phrases)
                made.append(
                    Basic(
                        uuid.uuid4(),
                        f"44{subject.item_type}{main:05d}{variant:03d}",
                        f"{subject.name}{procedure}{suffix}",
                        subject,
                        words,
                    )
                )
    return made


def places() -> list[tuple[str, str, int]]:
    """(region path, 6-digit code, exercise level) of the province, its cities and counties."""
    found = [("440000000000/", "440000", 2)]
    cities = [f"44{number:02d}00" for number in range(1, CITIES + 1)]
    found += [(f"440000000000/{city}000000/", city, 3) for city in cities]
    for number in range(COUNTIES):
        city = cities[number % CITIES]
        county = f"{city[:4]}{number // CITIES + 2:02d}"
        found.append((f"440000000000/{city}000000/{county}000000/", county, 4))
    return found


def build_schema() -> tuple[list[Basic], int]:
    """Make and fill the schema; returns the basic items and the number of lists."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
        cursor.execute(f"CREATE SCHEMA {SCHEMA}")
        for table in TABLES:
            cursor.execute(f"CREATE TABLE {SCHEMA}.{table} (LIKE public.{table} INCLUDING ALL)")
        cursor.execute(f"SET search_path TO {SCHEMA}, public")
    where = places()
    codes = [
        uscc.build(authority="1", org_class="1", region_code=code, org_body=f"BN{n:06d}")
        for n, (_path, code, _level) in enumerate(where)
    ]
    agencies = [uuid.uuid4() for _ in where]
    made = basics()
    _copy_agencies(where, agencies, codes)
    _copy_basics(made)
    count = _copy_lists(made, where, agencies, codes)
    _copy_index(made)
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"VACUUM ANALYZE {SCHEMA}.{table}")
    return made, count


def drop_schema() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET search_path TO public")
        cursor.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")


def _copy_agencies(
    where: list[tuple[str, str, int]], ids: list[uuid.UUID], codes: list[str]
) -> None:
    rows = (
        {
            "id": ids[n],
            "created_at": NOW,
            "uscc": codes[n],
            "name": f"机关{code}",
            "short_name": code,
            "name_en": code,
            "kind": "other",
            "level": level,
            "region_id": ids[n],
            "region_path": path,
            "grams": [],
            "is_demo": True,
        }
        for n, (path, code, level) in enumerate(where)
    )
    _copy("agencies_agency", rows)


def _copy_basics(made: list[Basic]) -> None:
    _copy(
        "matters_basicitem",
        (
            {
                "id": basic.id,
                "created_at": NOW,
                "code12": basic.code12,
                "local_code": "",
                "local_scheme": "",
                "name": _json({"zh-hans": basic.name}),
                "item_type": basic.subject.item_type,
                "legal_basis": _json([LAW]),
                "everyday_words": _json(list(basic.words)),
                "revision": 1,
                "is_active": True,
            }
            for basic in made
        ),
    )


def _placed(made: list[Basic], count: int) -> Iterator[tuple[int, int]]:
    """(basic item, place): the province and all cities first, then counties in turn, until the
    count is reached; so an item is done at some thirty places."""
    left = LISTS
    for place in range(count):
        for number in range(len(made)):
            in_turn = place <= CITIES or (number + place) % 13 == 0
            if left and in_turn:
                left -= 1
                yield number, place
    for place in range(CITIES + 1, count):
        for number in range(len(made)):
            if left and (number + place) % 13 != 0:
                left -= 1
                yield number, place


def _copy_lists(
    made: list[Basic],
    where: list[tuple[str, str, int]],
    agencies: list[uuid.UUID],
    codes: list[str],
) -> int:
    content = list_content()
    content.pop("everyday_words")
    content["visits_reason"] = {"zh-hans": content["visits_reason"]}
    common = {name: _cell(value) for name, value in content.items() if name not in _ARRAYS}
    items: list[dict[str, object]] = []
    versions: list[dict[str, object]] = []
    for number, place in _placed(made, len(where)):
        basic, (path, _code, level) = made[number], where[place]
        item_id = uuid.uuid4()
        items.append(
            {
                "id": item_id,
                "created_at": NOW,
                "code31": f"{codes[place]}{level}{basic.code12}",
                "basic_item_id": basic.id,
                "agency_id": agencies[place],
                "keeper_id": agencies[place],
                "region_path": path,
                "exercise_level": level,
                "state": "published",
                "body_nature": "1",
                **dict.fromkeys(_ITEM_BLANKS, ""),
            }
        )
        versions.append(
            {
                **common,
                "id": uuid.uuid4(),
                "created_at": NOW,
                "service_item_id": item_id,
                "number": 1,
                "state": "published",
                "revision": 1,
                "published_at": NOW,
                "themes": [basic.subject.theme],
                "service_objects": ["1", "2"],
                "handling_forms": ["1", "2"],
                "everyday_words": "[]",
            }
        )
    _copy("matters_serviceitem", iter(items))
    _copy("matters_itemversion", iter(versions))
    return len(items)


def _copy_index(made: list[Basic]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT basic_item_id, count(*) FROM matters_serviceitem GROUP BY basic_item_id"
        )
        counts = dict(cursor.fetchall())
    _copy(
        "matters_searchdocument",
        (
            {
                "basic_item_id": basic.id,
                "digest": "",
                "themes": [basic.subject.theme],
                "service_objects": ["1", "2"],
                "places": counts[basic.id],
            }
            for basic in made
            if basic.id in counts
        ),
    )
    _copy(
        "matters_searchposting",
        (
            {"term": term, "document_id": basic.id, "weight": weight}
            for basic in made
            if basic.id in counts
            for term, weight in terms.document_terms(
                terms.searchable(name={"zh-hans": basic.name}, everyday_words=basic.words)
            ).items()
        ),
    )


NOW = datetime.now(UTC).isoformat()
_ARRAYS = frozenset({"themes", "service_objects", "handling_forms", "everyday_words"})
_ITEM_BLANKS = (
    "local_code",
    "local_scheme",
    "foreign_body_name",
    "foreign_body_uscc",
    "foreign_region_code",
)


def _cell(value: object) -> object:
    """JSON columns as JSON, the rest as it is."""
    return _json(value) if isinstance(value, dict | list) else value


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _copy(table: str, rows: Iterator[dict[str, object]]) -> None:
    """Copy rows in; a column they do not name gets what its model would have given it."""
    first = next(rows)
    names = list(first)
    blanks = _blanks(table, names)
    columns = [*names, *blanks]
    with connection.cursor() as cursor:
        statement = f"COPY {SCHEMA}.{table} ({', '.join(columns)}) FROM STDIN"
        with cursor.copy(statement) as copy:
            for row in chain([first], rows):
                copy.write_row([*(row[name] for name in names), *blanks.values()])


def _blanks(table: str, given: list[str]) -> dict[str, object]:
    """Column to default, of the columns of a table that are neither given nor may be null."""
    model = next(model for model in apps.get_models() if model._meta.db_table == table)
    return {
        field.column: field.get_db_prep_save(field.get_default(), connection)
        for field in model._meta.local_concrete_fields
        if field.column and field.column not in given and not field.null
    }
