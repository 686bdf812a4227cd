"""The version of the pages on the phone. A phone that has another one loads them anew when nothing is being filled."""

APP_VERSION = "1"
