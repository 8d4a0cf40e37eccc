"""The tables of government services."""

from .case import (
    ApplicantBar,
    Case,
    CaseMaterial,
    Correction,
    Counter,
    Decision,
    Delivery,
    Notice,
    ServiceRating,
    SiteInspection,
)
from .draft import Draft
from .joint import JointCase, JointChild, JointTheme

__all__ = [
    "ApplicantBar",
    "Case",
    "CaseMaterial",
    "Correction",
    "Counter",
    "Decision",
    "Delivery",
    "Draft",
    "JointCase",
    "JointChild",
    "JointTheme",
    "Notice",
    "ServiceRating",
    "SiteInspection",
]
