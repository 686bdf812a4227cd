"""Pages saved on a reader's phone: the service worker, the app manifest, the page shown without a network."""
