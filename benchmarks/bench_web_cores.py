"""Two processes that share a port, beside one: what a second core gives. wrk runs on the same two cores."""

from __future__ import annotations

import statistics

from web_load import ask, be_quick, running

ROUNDS, SECONDS, CONNECTIONS = 9, 1, 64

if __name__ == "__main__":
    be_quick()
    words = {"asab-web": "asab-web log reuse"}
    with running(words) as one, running(words, cores=("0", "1")) as two:
        servers = {"one process": one["asab-web"], "two processes": two["asab-web"]}
        rates: dict[str, list[float]] = {name: [] for name in servers}
        for number in range(ROUNDS):
            for name in list(servers)[:: 1 if number % 2 else -1]:
                rates[name].append(1 / ask(servers[name], CONNECTIONS, SECONDS, core="0,1").wall)
    for name, each in rates.items():
        print(f"{name}: {statistics.median(each):,.0f}/s")
    gain = statistics.median(b / a for a, b in zip(*rates.values(), strict=True))
    print(f"two processes answer {gain:.2f} times as many requests as one")
