"""Template tags that every room may use: state badges, times, icons."""

from django import template

register = template.Library()
