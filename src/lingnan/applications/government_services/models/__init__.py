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
from .joint_draft import JointDraft

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
    "JointDraft",
    "JointTheme",
    "Notice",
    "ServiceRating",
    "SiteInspection",
]
