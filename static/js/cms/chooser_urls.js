// Where wagtail-localize's editor finds the choosers. Not a module: it must stand before the editor's own script.
window.chooserUrls ??= { ...document.currentScript?.dataset };
