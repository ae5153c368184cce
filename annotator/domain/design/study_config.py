"""Every setting of a study in one file: TOML, or JSON with the same names.

The names are those of the model's fields, so a setting that is added to a study is in the file too.
One table holds the study's own settings, one more each row that belongs to a study one to one (its
procedure). What is left out has its default; what is not known is refused.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Callable, Iterator
from typing import Any

import tomli_w
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import models, transaction

from annotator.domain.design import questionnaire, studies
from annotator.errors import QuestionnaireRefused, StudyFileRefused
from annotator.models import Procedure, Study

FORMAT = "daam-annotator/study/1"
_OWN = "study"
_HEAD = f"""# Every setting of one study. Upload it under “New study” to make another like it.
format = "{FORMAT}"
"""

_TOO_DEEP = (
    "The file nests lists or tables far deeper than any setting does. Download a study's settings "
    "and change those."
)
# Names joined by dots: tomllib's memory grows as the square of their number. Without going back,
# and never begun within a name, so that its time grows as the file.
_NAME = r"""(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')"""
_LONG_KEY = re.compile(rf"(?<![\w.-])(?:{_NAME}[ \t]*+\.[ \t]*+){{50}}")

Values = dict[str, Any]
Tables = dict[str, Values]


def tables() -> dict[str, type[models.Model]]:
    """The tables of a file: the study, and what belongs to a study one to one."""
    found: dict[str, type[models.Model]] = {_OWN: Study}
    for relation in Study._meta.related_objects:
        if relation.one_to_one:
            found[str(relation.get_accessor_name())] = relation.related_model
    return found


def settings_of(model: type[models.Model]) -> dict[str, models.Field[Any, Any]]:
    """The fields that are settings: what a person may edit, and no keys or states."""
    return {
        field.name: field
        for field in model._meta.concrete_fields
        if field.editable
        and not field.is_relation
        and not field.primary_key
        and not getattr(field, "auto_now_add", False)
    }


# -- writing -------------------------------------------------------------------------------------


def values_of(*, study: Study) -> Tables:
    found: Tables = {}
    for name, model in tables().items():
        row = study if name == _OWN else getattr(study, name, None) or model()
        values = {field: getattr(row, field) for field in settings_of(model)}
        found[name] = {field: value for field, value in values.items() if value is not None}
    return found


def to_toml(*, study: Study) -> str:
    """The file, each setting under its name in words; reading it gives the same settings."""
    parts = [_HEAD]
    for name, values in values_of(study=study).items():
        parts.append("\n".join(_toml_table(name, values)))
    return "\n".join(parts) + "\n"


def _toml_table(name: str, values: Values) -> Iterator[str]:
    fields = settings_of(tables()[name])
    yield f"[{name}]"
    for key, value in values.items():
        # Tables within a table come last: what follows one would be taken for a part of it.
        if not isinstance(value, dict) and not _are_tables(value):
            yield f"# {fields[key].verbose_name}"
            # In several lines, carriage returns would be lost.
            multiline = "\r" not in str(value)
            yield tomli_w.dumps({key: value}, multiline_strings=multiline).rstrip("\n")
    for key, value in values.items():
        if isinstance(value, dict):
            yield tomli_w.dumps({name: {key: value}}).rstrip("\n")
        elif _are_tables(value):
            yield f"# {fields[key].verbose_name}"
            yield from (f"[[{name}.{key}]]\n{tomli_w.dumps(one).rstrip()}" for one in value)


def _are_tables(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(one, dict) for one in value)


def to_json(*, study: Study) -> str:
    content = {"format": FORMAT} | values_of(study=study)
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


# -- reading -------------------------------------------------------------------------------------


def parse(text: str) -> Tables:
    """The settings in a file. Raises `StudyFileRefused`, naming every line and what to do."""
    try:
        return _checked(text)
    except RecursionError as error:
        raise StudyFileRefused([_TOO_DEEP]) from error


def _checked(text: str) -> Tables:
    content = _parsed(text)
    if content.pop("format", None) != FORMAT:
        raise StudyFileRefused([f'Line 1: begin the file with format = "{FORMAT}".'])
    problems = list(_unknown(content, text))
    if not problems:
        problems = list(_wrong(content, text))
    if problems:
        raise StudyFileRefused(problems)
    return content


@transaction.atomic
def create_from(*, tables: Tables, owner: AbstractBaseUser) -> Study:
    """A new study with the settings that `parse` gave."""
    study = studies.create_study(study=Study(**tables.get(_OWN, {})), owner=owner)
    for name, model in _related().items():
        if tables.get(name):
            model._default_manager.create(study=study, **tables[name])
    return study


def _related() -> dict[str, type[models.Model]]:
    return {name: model for name, model in tables().items() if name != _OWN}


def _parsed(text: str) -> dict[str, Any]:
    try:
        if text.lstrip().startswith("{"):
            return dict(json.loads(text))
        if _LONG_KEY.search(text):
            raise StudyFileRefused([_TOO_DEEP])
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise StudyFileRefused([f"This is not TOML: {error}."]) from error
    except json.JSONDecodeError as error:
        raise StudyFileRefused([f"Line {error.lineno}: this is not JSON: {error.msg}."]) from error


def _unknown(content: dict[str, Any], text: str) -> Iterator[str]:
    known = tables()
    for name, values in content.items():
        if name not in known:
            names = ", ".join(known)
            yield f"{_place(text, name)}there is no table “{name}”. Use these: {names}."
        elif not isinstance(values, dict):
            yield f"{_place(text, name)}“{name}” is a table: write [{name}] on a line of its own."
        else:
            fields = settings_of(known[name])
            for key in values.keys() - fields.keys():
                yield (
                    f"{_place(text, key, name)}there is no setting “{key}” in [{name}]. "
                    f"Use these: {', '.join(fields)}."
                )


def _wrong(content: Tables, text: str) -> Iterator[str]:
    for name, model in tables().items():
        values = content.setdefault(name, {})
        fields = settings_of(model)
        missing = [key for key, field in fields.items() if _must_be_given(field, values)]
        yield from (f"[{name}]: “{key}” is missing. Give it a value." for key in missing)
        problems = [
            (key, problem)
            for key, value in values.items()
            for problem in _problems(fields[key], value)
        ]
        for key, problem in problems or _problems_together(model, values):
            yield f"{_place(text, key, name)}{key}: {problem}"


def _must_be_given(field: models.Field[Any, Any], values: Values) -> bool:
    optional = field.blank or field.null or field.has_default()
    return field.name not in values and not optional


_KINDS: tuple[tuple[type[models.Field[Any, Any]], tuple[type, ...], str], ...] = (
    (models.BooleanField, (bool,), "Write true or false."),
    (models.IntegerField, (int,), "Write a whole number, without quotes."),
    (models.FloatField, (int, float), "Write a number, without quotes."),
    (models.CharField, (str,), "Write a text, in quotes."),
    (models.TextField, (str,), "Write a text, in quotes."),
)


def _problems(field: models.Field[Any, Any], value: Any) -> list[str]:
    if any("\0" in text for text in _texts(value)):
        return ["No text holds the character \\u0000. Remove it."]
    for of_field, types, advice in _KINDS:
        if isinstance(field, of_field):
            mistaken = isinstance(value, bool) and bool not in types
            if mistaken or not isinstance(value, types):
                return [advice]
    # Whole numbers of any length are numbers in a file, and so is what is none.
    if isinstance(field, models.FloatField) and not abs(value) <= sys.float_info.max:
        return ["Write a finite number."]
    if field.has_default() and value == field.get_default():
        return []
    try:
        field.clean(value, None)
        _FURTHER.get((field.model, field.name), _nothing)(value)
    except ValidationError as error:
        return list(error.messages)
    except QuestionnaireRefused as error:
        return [str(error)]
    return []


def _texts(value: Any) -> Iterator[str]:
    """In a value of JSON or TOML, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part)


def _problems_together(model: type[models.Model], values: Values) -> list[tuple[str, str]]:
    """Settings that each could be, and not beside the others."""
    try:
        model(**values).clean()
    except ValidationError as error:
        return [(key, text) for key, texts in error.message_dict.items() for text in texts]
    return []


def _nothing(value: Any) -> None:
    """Most settings are wholly described by their fields."""


_FURTHER: dict[tuple[type[models.Model], str], Callable[[Any], object]] = {
    (Procedure, "questionnaire"): questionnaire.parse
}


def _place(text: str, key: str, table: str = "") -> str:
    """“Line 12: ”, or nothing where the key cannot be found."""
    name = re.escape(key)
    start = re.search(rf'^\[{table}\]|"{table}"\s*:', text, re.M) if table else None
    after = start.end() if start else 0
    found = re.compile(rf'^\s*\[?"?{name}"?\]?\s*[=:\n]', re.M).search(text, after)
    if found is None:
        return ""
    first = found.start() + len(found.group()) - len(found.group().lstrip())
    return f"Line {text.count(chr(10), 0, first) + 1}: "
