"""What is asked, and of which Corefile."""
import os

from .cluster import service_name
from .processes import free_port

# The Corefile that kubeadm installs, with ports of its own; `lameduck` is left out, so that the end is quick.
COREFILE = """.:{port} {{
    bind 127.0.0.1
    errors
    health 127.0.0.1:{health}
    ready 127.0.0.1:{ready}
    kubernetes cluster.local in-addr.arpa ip6.arpa {{
        {cluster}
        pods insecure
        fallthrough in-addr.arpa ip6.arpa
        ttl 30
    }}
    prometheus 127.0.0.1:{metrics}
    forward . 127.0.0.1:{upstream} {{
        max_concurrent 1000
    }}
    cache 30 {{
        disable success cluster.local
        disable denial cluster.local
    }}
    loop
    reload
    loadbalance
}}
"""

TITLES = {
    "cluster": "ClusterIP A, kubeadm Corefile",
    "cached": "forwarded name, from the cache",
    "forwarded": "forwarded name, not cached",
}
# More than the cache holds would be forwarded again.
NAMES = 1000
FASTEST = 150_000


def corefile(folder, name, port, upstream, kubeconfig):
    """Writes the Corefile of one server; gives its path."""
    path = os.path.join(folder, f"Corefile.{name}")
    with open(path, "w") as file:
        file.write(COREFILE.format(
            port=port, health=free_port(), ready=free_port(), metrics=free_port(), upstream=upstream,
            cluster=f"kubeconfig {kubeconfig}"))
    return path


def queries(folder, shape, run, services, seconds, rate):
    """Writes what dnsperf asks in one run; gives the file's path. Only `forwarded` needs other names each time."""
    unique = shape == "forwarded"
    path = os.path.join(folder, f"queries.{shape}" + (f".{run}" if unique else ""))
    if os.path.exists(path):
        return path
    if shape == "cluster":
        names = (service_name(number) for number in range(services))
    elif shape == "cached":
        names = (f"cached-{number}.example.net." for number in range(NAMES))
    else:
        count = int((rate or FASTEST) * seconds * 1.2)
        names = (f"n{number}.r{run}.example.net." for number in range(count))
    with open(path, "w") as file:
        file.writelines(f"{name} A\n" for name in names)
    return path
