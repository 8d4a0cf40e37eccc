"""GB/T 4754, the short lists, and document types."""

import pytest

from lingnan.standards.codes import document_types, errors, queries
from lingnan.standards.codes.document_types import DocumentType, Domain


def test_gb_t_4754_has_20_sections_97_divisions_473_groups() -> None:
    by_level = {
        level: sum(1 for row in queries._industries().values() if row.level == level)
        for level in (1, 2, 3, 4)
    }
    assert by_level == {1: 20, 2: 97, 3: 473, 4: 1381}
    assert sum(by_level.values()) == 1971
    assert len(queries.industries()) == 20


def test_an_industry_is_found_with_or_without_its_letter() -> None:
    assert queries.industry("0111") == queries.industry("a0111")
    assert [row.code for row in queries.industry_ancestors("0111")] == ["A", "A01", "A011", "A0111"]
    with pytest.raises(errors.NoSuchCode):
        queries.industry("9999")


def test_every_industry_hangs_on_a_parent_one_level_up() -> None:
    for row in queries._industries().values():
        if row.parent_code:
            assert queries.industry(row.parent_code).level == row.level - 1
        else:
            assert row.level == 1


@pytest.mark.parametrize(
    ("text", "first"), [("餐饮", None), ("正餐服务", "H6210"), ("621", "H621"), ("软件开发", None)]
)
def test_industries_are_searched(text: str, first: str | None) -> None:
    found = queries.search_industries(text)
    assert found
    if first:
        assert found[0].code == first
    else:
        assert any(text[:2] in row.name for row in found)


def test_search_without_sense_finds_nothing() -> None:
    assert queries.search_industries("  ") == []
    assert queries.search_industries("鼯鼪") == []


def test_the_code_sets_of_gb_t_39046_hold_44_codes() -> None:
    lists = [row for row in queries.code_lists().values() if row.source.startswith("GB/T 39046")]
    assert len(lists) == 8
    assert sum(len(row.values) for row in lists) == 44
    assert queries.code_list("item_type").value("01").name == "行政许可"
    assert len(queries.code_list("ethnic_group").values) == 58
    with pytest.raises(errors.NoSuchCode):
        queries.code_list("sex").value("3")
    with pytest.raises(errors.NoSuchCodeList):
        queries.code_list("shoe_size")


def test_document_types_translate_at_the_border() -> None:
    assert document_types.code_in(Domain.GA_T_2000_156, DocumentType.RESIDENT_ID) == "111"
    assert document_types.code_in(Domain.DOUBLE_PUBLICITY, DocumentType.RESIDENT_ID) == "01"
    assert document_types.code_in(Domain.SERVICE_EVALUATION, DocumentType.RESIDENT_ID) == "10"
    assert document_types.from_domain(Domain.CREDIT_ROSTER, "50") is DocumentType.PASSPORT
    with pytest.raises(errors.NoCodeInDomain):
        document_types.code_in(Domain.SERVICE_EVALUATION, DocumentType.PASSPORT)
    with pytest.raises(errors.NoCodeInDomain):
        document_types.from_domain(Domain.GA_T_2000_156, "000")


def test_a_domain_calls_each_type_by_one_code() -> None:
    pairs = [(row.domain, row.code) for row in document_types.DOMAIN_CODES]
    assert len(pairs) == len(set(pairs))
    for row in document_types.DOMAIN_CODES:
        assert document_types.from_domain(row.domain, row.code) is row.document_type


@pytest.mark.parametrize(
    ("kind", "written", "stored"),
    [
        (DocumentType.RESIDENT_ID, "11010519491231002x", "11010519491231002X"),
        (DocumentType.HK_MACAO_TRAVEL, "h12345678", "H12345678"),
        (DocumentType.TAIWAN_TRAVEL, "12345678", "12345678"),
        (DocumentType.PASSPORT, "E1234567 8", "E12345678"),
        (DocumentType.FOREIGN_PERMANENT, "USA110000123456", "USA110000123456"),
    ],
)
def test_a_document_number_is_stored_in_one_form(
    kind: DocumentType, written: str, stored: str
) -> None:
    assert document_types.check_number(kind, written) == stored


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        (DocumentType.HK_MACAO_TRAVEL, "A12345678"),
        (DocumentType.TAIWAN_TRAVEL, "1234567"),
        (DocumentType.PASSPORT, "E-1"),
        (DocumentType.HK_MACAO_TAIWAN_RESIDENCE, "11010519491231002X"),
        (DocumentType.FOREIGN_PERMANENT, "11010519491231002X"),
        (DocumentType.OTHER, "?"),
    ],
)
def test_a_number_of_another_kind_of_document_is_refused(kind: DocumentType, number: str) -> None:
    with pytest.raises(errors.DocumentNumberShape):
        document_types.check_number(kind, number)
