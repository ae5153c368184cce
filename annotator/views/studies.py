"""A study's pages for its researcher."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def close(request: HttpRequest, **keys: Any) -> HttpResponse:
    return render(request, "base.html")


def create(request: HttpRequest, **keys: Any) -> HttpResponse:
    return render(request, "base.html")


def edit(request: HttpRequest, **keys: Any) -> HttpResponse:
    return render(request, "base.html")


def home(request: HttpRequest, **keys: Any) -> HttpResponse:
    return render(request, "base.html")


def index(request: HttpRequest, **keys: Any) -> HttpResponse:
    return render(request, "base.html")


def invite(request: HttpRequest, **keys: Any) -> HttpResponse:
    return render(request, "base.html")


def items(request: HttpRequest, **keys: Any) -> HttpResponse:
    return render(request, "base.html")


def log(request: HttpRequest, **keys: Any) -> HttpResponse:
    return render(request, "base.html")


def open_(request: HttpRequest, **keys: Any) -> HttpResponse:
    return render(request, "base.html")


def overview(request: HttpRequest, **keys: Any) -> HttpResponse:
    return render(request, "base.html")


def pause(request: HttpRequest, **keys: Any) -> HttpResponse:
    return render(request, "base.html")


def progress(request: HttpRequest, **keys: Any) -> HttpResponse:
    return render(request, "base.html")


def raters(request: HttpRequest, **keys: Any) -> HttpResponse:
    return render(request, "base.html")


def retry(request: HttpRequest, **keys: Any) -> HttpResponse:
    return render(request, "base.html")


def revoke(request: HttpRequest, **keys: Any) -> HttpResponse:
    return render(request, "base.html")
