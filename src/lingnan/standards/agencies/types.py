"""Values of agencies that cross the wall."""

from dataclasses import dataclass
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from lingnan.kernel import permissions


class AgencyKind(models.TextChoices):
    """An agency's line of work, so that "the fire brigade here" is found at every level."""

    GENERAL_OFFICE = "general_office", _("General office of the government")
    DEVELOPMENT_REFORM = "development_reform", _("Development and reform")
    EDUCATION = "education", _("Education")
    SCIENCE = "science", _("Science and technology")
    INDUSTRY = "industry", _("Industry and information technology")
    ETHNIC_RELIGION = "ethnic_religion", _("Ethnic and religious affairs")
    PUBLIC_SECURITY = "public_security", _("Public security")
    TRAFFIC_POLICE = "traffic_police", _("Traffic police")
    CIVIL_AFFAIRS = "civil_affairs", _("Civil affairs")
    JUSTICE = "justice", _("Justice")
    FINANCE = "finance", _("Finance")
    HUMAN_RESOURCES = "human_resources", _("Human resources and social security")
    PLANNING = "planning", _("Natural resources and planning")
    ENVIRONMENT = "environment", _("Ecology and environment")
    HOUSING = "housing", _("Housing and urban-rural development")
    TRANSPORT = "transport", _("Transport")
    WATER = "water", _("Water resources")
    AGRICULTURE = "agriculture", _("Agriculture and rural affairs")
    COMMERCE = "commerce", _("Commerce")
    CULTURE_TOURISM = "culture_tourism", _("Culture and tourism")
    HEALTH = "health", _("Health")
    VETERANS = "veterans", _("Veterans affairs")
    EMERGENCY = "emergency", _("Emergency management")
    CIVIL_DEFENCE = "civil_defence", _("Civil air defence")
    AUDIT_OFFICE = "audit_office", _("Audit")
    STATE_ASSETS = "state_assets", _("State-owned assets")
    MARKET_SUPERVISION = "market_supervision", _("Market supervision")
    BROADCASTING = "broadcasting", _("Radio and television")
    SPORTS = "sports", _("Sports")
    STATISTICS = "statistics", _("Statistics")
    MEDICAL_INSURANCE = "medical_insurance", _("Medical insurance")
    GOVERNMENT_SERVICE = "government_service", _("Government services and data")
    LOCAL_FINANCE = "local_finance", _("Local financial regulation")
    MEDICAL_PRODUCTS = "medical_products", _("Medical products")
    INTELLECTUAL_PROPERTY = "intellectual_property", _("Intellectual property")
    URBAN_MANAGEMENT = "urban_management", _("Urban management")
    FORESTRY = "forestry", _("Forestry")
    TAX = "tax", _("Taxation")
    FIRE = "fire", _("Fire and rescue")
    HOUSING_FUND = "housing_fund", _("Housing provident fund")
    TOWN_SERVICE_CENTRE = "town_service_centre", _("Town or subdistrict service centre")
    OTHER = "other", _("Other")


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyCard:
    """What others need to know of an agency."""

    id: UUID
    uscc: str
    name: str
    short_name: str
    name_en: str
    kind: str
    level: int
    region_code: str
    region_name: str
    region_path: str
    parent_id: UUID | None
    is_demo: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PostCard:
    """A post at an agency."""

    id: UUID
    agency_id: UUID
    code: str
    title: str
    title_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAgency:
    """What is entered of an agency. `parent_uscc` names one entered before or in the same call."""

    uscc: str
    name: str
    short_name: str
    name_en: str
    kind: str
    region_code: str
    parent_uscc: str = ""
    is_demo: bool = False
    posts: tuple["NewPost", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPost:
    code: str
    title: str
    title_en: str


MANAGE_AGENCIES = permissions.declare("agencies.manage", _("Enter agencies and posts"))
