"""SCAN: commands of a small grammar, translated into actions (Lake and Baroni 2018)."""
