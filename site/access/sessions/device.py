"""Describe a browser and its system in words, from the User-Agent header."""

# The order matters: an iPhone's header contains "Mac OS", Android's "Linux".
SYSTEMS = (("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS", "Mac"),
           ("CrOS", "ChromeOS"), ("Linux", "Linux"))  # fmt: skip
# The order matters: Edge, Opera and Samsung Internet say "Chrome" too, and Chrome says "Safari".
BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox", "Firefox"),
            ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrome", "Chrome"), ("Safari", "Safari"))  # fmt: skip


def device_in_words(user_agent: str) -> str:
    """Return a text such as "Chrome · Android"; "" where nothing is known.

    Only our own words: nothing that was sent is stored.
    """
    found = (next((word for mark, word in known if mark in user_agent), "") for known in (BROWSERS, SYSTEMS))
    return " · ".join(word for word in found if word)
