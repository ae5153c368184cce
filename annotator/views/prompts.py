"""Prompts on their way in, and what was made of them."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def cancel(request: HttpRequest, **keys: Any) -> HttpResponse:
    return render(request, "base.html")


def detail(request: HttpRequest, **keys: Any) -> HttpResponse:
    return render(request, "base.html")


def import_(request: HttpRequest, **keys: Any) -> HttpResponse:
    return render(request, "base.html")


def index(request: HttpRequest, **keys: Any) -> HttpResponse:
    return render(request, "base.html")


def refused(request: HttpRequest, **keys: Any) -> HttpResponse:
    return render(request, "base.html")


def upload(request: HttpRequest, **keys: Any) -> HttpResponse:
    return render(request, "base.html")
