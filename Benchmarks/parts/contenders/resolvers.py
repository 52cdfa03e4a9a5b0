"""The servers that have local names and ask an upstream for all others: Unbound and dnsmasq."""
import grp
import os
import pwd

from ..names import REVERSE_ZONE, ZONE
from ..questions import SRV_SERVICES
from .base import Contender, write

ROLES = {
    "static": "names", "cluster": "names", "mix": "names", "cached": "resolver", "forwarded": "resolver",
}

# Enough for the names that are asked again. With a larger one each new name costs more: a full cache is looked through.
DNSMASQ_CACHE = 1500

UNBOUND = """server:
    interface: 127.0.0.1
    port: {port}
    num-threads: {workers}
    so-reuseport: yes
    so-rcvbuf: 0
    access-control: 127.0.0.0/8 allow
    do-daemonize: no
    do-not-query-localhost: no
    module-config: "iterator"
    qname-minimisation: no
    incoming-num-tcp: 100
    outgoing-range: 4096
    num-queries-per-thread: 2048
    username: ""
    chroot: ""
    directory: "{home}"
    pidfile: ""
    use-syslog: no
    logfile: ""
    verbosity: 0
remote-control:
    control-enable: no
"""

UNBOUND_FORWARD = """forward-zone:
    name: "."
    forward-addr: 127.0.0.1@{upstream}
"""


class Unbound(Contender):
    name, title, program, package = "unbound", "Unbound", "unbound", "unbound"
    roles = ROLES
    version_option = "-V"

    def arguments(self, role, setting, port, home):
        text = UNBOUND.format(port=port, workers=setting.workers, home=home)
        if role == "resolver":
            text += UNBOUND_FORWARD.format(upstream=setting.upstream)
        else:
            text += f'include: "{setting.names.unbound_file()}"\n'
        return ["-d", "-p", "-c", write(home, "unbound.conf", text)]


class Dnsmasq(Contender):
    name, title, program, package = "dnsmasq", "dnsmasq", "dnsmasq", "dnsmasq-base"
    roles = ROLES
    is_single = True

    def arguments(self, role, setting, port, home):
        common = [
            "--keep-in-foreground", f"--port={port}", "--listen-address=127.0.0.1", "--bind-interfaces", "--no-resolv",
            "--no-hosts", "--pid-file=", "--log-facility=-", f"--user={pwd.getpwuid(os.geteuid()).pw_name}",
            f"--group={grp.getgrgid(os.getegid()).gr_name}"]
        if role == "resolver":
            return [
                *common, "--conf-file=/dev/null", f"--server=127.0.0.1#{setting.upstream}",
                f"--cache-size={DNSMASQ_CACHE}", "--dns-forward-max=10000"]
        services = range(min(setting.names.count, SRV_SERVICES))
        return [
            *common, f"--conf-file={setting.names.dnsmasq_file(services)}",
            f"--addn-hosts={setting.names.hosts_file()}", f"--local=/{ZONE.rstrip('.')}/",
            f"--local=/{REVERSE_ZONE.rstrip('.')}/", "--local-ttl=30"]
