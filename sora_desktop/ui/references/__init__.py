"""References in the window: dropped, pasted and chosen; shown as cards; mended in a dialog; kept in a tray."""
