import Corefile
import DNSWire
import Testing

@testable import Plugins

@Suite("The kubernetes directive")
struct KubernetesConfigurationTests {
    private func read(_ block: String, zones: [String] = ["cluster.local."]) throws -> KubernetesConfiguration {
        try KubernetesConfiguration.directive.read(
            directives("kubernetes", block), serverZones: zones, initial: KubernetesConfiguration())
    }

    @Test("Without options the block's zones, a TTL of 5 and no names of pods")
    func defaults() throws {
        let configuration = try read("kubernetes")
        let token = try directives("kubernetes", "kubernetes")[0].name
        let policy = try configuration.policy(at: token)
        #expect(policy.primaryZone.text == "cluster.local." && policy.ttl == 5 && policy.pods == .disabled)
        #expect(policy.namespaces == nil && !policy.hidesEmptyServices)
        #expect(configuration.fallthroughZones == nil && configuration.startupTimeout == .seconds(5))
        #expect(!configuration.usesPodNames && !configuration.ignoresEndpoints)
    }

    @Test("kubeadm's block")
    func kubeadm() throws {
        let configuration = try read(
            """
            kubernetes cluster.local in-addr.arpa ip6.arpa {
                pods insecure
                fallthrough in-addr.arpa ip6.arpa
                ttl 30
            }
            """)
        #expect(configuration.zones == ["cluster.local.", "in-addr.arpa.", "ip6.arpa."])
        #expect(configuration.pods == .insecure && configuration.ttl == 30)
        #expect(configuration.fallthroughZones == ["in-addr.arpa.", "ip6.arpa."])
    }

    @Test("Every option, networks as zones, and the first zone that is not a reverse zone as the primary one")
    func everything() throws {
        let configuration = try read(
            """
            kubernetes 10.96.0.0/16 Cluster.Local {
                endpoint https://192.0.2.1:6443
                tls cert.pem key.pem ca.pem
                pods verified
                namespaces a b
                namespaces c
                endpoint_pod_names
                noendpoints
                fallthrough
                ignore empty_service
                startup_timeout 1m30s
            }
            """)
        let token = try directives("kubernetes", "kubernetes")[0].name
        let policy = try configuration.policy(at: token)
        #expect(policy.primaryZone.text == "cluster.local.")
        #expect(policy.zones.filter(\.isReverse).map(\.name.text) == ["96.10.in-addr.arpa."])
        #expect(policy.namespaces?.count == 3 && policy.hidesEmptyServices && policy.pods == .verified)
        #expect(configuration.fallthroughZones == ["."] && configuration.startupTimeout == .seconds(90))
        #expect(configuration.usesPodNames && configuration.ignoresEndpoints)
        #expect(configuration.tls.map(\.text) == ["cert.pem", "key.pem", "ca.pem"])
    }

    @Test(
        "Mistakes have CoreDNS's words and the place",
        arguments: [
            ("pods sometimes", "wrong value for pods: sometimes,  must be one of: disabled, verified, insecure", 3, 10),
            ("pods", "Wrong argument count or unexpected line ending after 'pods'", 3, 5),
            ("ttl 3601", "ttl must be in range [0, 3600]: 3601", 3, 9),
            ("ttl -1", "ttl must be in range [0, 3600]: -1", 3, 9),
            ("ttl x", "strconv.Atoi: parsing \"x\": invalid syntax", 3, 9),
            ("ignore nothing", "unable to parse ignore value: 'nothing'", 3, 12),
            ("startup_timeout soon", "failed to parse startup_timeout: soon, ", 3, 21),
            ("noendpoints x", "Wrong argument count or unexpected line ending after 'x'", 3, 17),
            ("endpoint_pod_names x", "Wrong argument count or unexpected line ending after 'x'", 3, 24),
            ("namespaces", "Wrong argument count or unexpected line ending after 'namespaces'", 3, 5),
            ("tls a b", "Wrong argument count or unexpected line ending after 'b'", 3, 11),
            ("tls a b c", "tls requires endpoint", 3, 9),
            ("kubeconfig", "Wrong argument count or unexpected line ending after 'kubeconfig'", 3, 5),
            ("kubeconfig a b c", "Wrong argument count or unexpected line ending after 'c'", 3, 20),
            ("endpoint", "Wrong argument count or unexpected line ending after 'endpoint'", 3, 5),
            ("resyncperiod 5m", "unknown property 'resyncperiod'", 3, 5),
            ("upstream", "unknown property 'upstream'", 3, 5),
            ("zonal x", "Wrong argument count or unexpected line ending after 'x'", 3, 11),
            ("labels", "Wrong argument count or unexpected line ending after 'labels'", 3, 5),
            (
                "labels a in b,c",
                "unable to parse label selector value: 'a in b,c': found 'b', expected '('", 3, 12
            ),
            ("namespace_labels a=(", "unable to parse namespace_label selector value: 'a=(': found '(', ", 3, 22),
            (
                "multicluster other.test",
                "is not authoritative for the multicluster zone other.test. (authoritative zones: [cluster.local.])", 3,
                18
            ),
            ("apiserver_qps", "Wrong argument count or unexpected line ending after 'apiserver_qps'", 3, 5),
            (
                "apiserver_qps many",
                "invalid apiserver_qps \"many\": strconv.ParseFloat: parsing \"many\": invalid syntax", 3, 19
            ),
            ("apiserver_qps -0.5", "apiserver_qps must be >= 0", 3, 19),
            ("apiserver_qps 1 2", "Wrong argument count or unexpected line ending after '2'", 3, 21),
            (
                "apiserver_burst 1.5",
                "invalid apiserver_burst \"1.5\": strconv.Atoi: parsing \"1.5\": invalid syntax", 3, 21
            ),
            ("apiserver_burst -1", "apiserver_burst must be >= 0", 3, 21),
            ("apiserver_max_inflight -1", "apiserver_max_inflight must be >= 0", 3, 28),
            (
                "apiserver_max_inflight",
                "Wrong argument count or unexpected line ending after 'apiserver_max_inflight'", 3, 5
            ),
        ])
    func mistakes(_ line: String, _ message: String, _ row: Int, _ column: Int) throws {
        do {
            _ = try read("kubernetes {\n    \(line)\n}")
            Issue.record("no mistake found")
        } catch let error as ConfigurationError {
            #expect(error.message.hasPrefix(message), "\(error)")
            #expect(error.line == row && error.column == column, "\(error)")
            #expect(error.plugin == "kubernetes")
        }
    }

    @Test("The directive stands once in a block, and its cluster comes from one place")
    func conflicts() throws {
        #expect(throws: ConfigurationError(.repeatedDirective, "", file: "", line: 0, column: 0)) {
            try read("kubernetes\nkubernetes")
        }
        #expect(throws: ConfigurationError(.conflictingOptions, "", file: "", line: 0, column: 0)) {
            try read("kubernetes {\nmanifests a\nkubeconfig b\n}")
        }
    }

    @Test("What shall be followed: selectors, zones of several clusters, and limits of which 0 is none")
    func scope() throws {
        let configuration = try read(
            """
            kubernetes cluster.local ClusterSet.local in-addr.arpa {
                labels environment in (staging, qa),application=nginx
                namespace_labels !hidden
                multicluster clusterset.local
                zonal
                apiserver_qps 2.5
                apiserver_burst 10
                apiserver_max_inflight 3
            }
            """)
        #expect(configuration.labels?.text == "environment in (staging, qa),application=nginx")
        #expect(configuration.labels?.requirements.count == 2 && configuration.namespaceLabels?.text == "!hidden")
        #expect(configuration.requestLimits == .init(rate: 2.5, burst: 10, inFlight: 3))
        let policy = try configuration.policy(at: try directives("kubernetes", "kubernetes")[0].name)
        #expect(policy.isZonal && policy.selectsNamespaces)
        #expect(policy.zones.filter(\.isMulticluster).map(\.name.text) == ["clusterset.local."])
        let none = try read(
            """
            kubernetes {
                labels ""
                multicluster
                apiserver_qps 0
                apiserver_burst 0
                apiserver_max_inflight 0
            }
            """)
        #expect(none.labels == nil && none.multiclusterZones.isEmpty && none.requestLimits == .init())
    }

    @Test(
        "Options that contradict each other",
        arguments: [
            ("zonal\nnoendpoints", "zonal requires the endpoint cache; remove noendpoints"),
            ("namespaces a\nnamespace_labels b", "namespaces and namespace_labels cannot both be set"),
        ])
    func contradictions(_ options: String, _ message: String) throws {
        do {
            _ = try read("kubernetes {\n\(options)\n}")
            Issue.record("no mistake found")
        } catch let error as ConfigurationError {
            #expect(error.code == .conflictingOptions && error.message == message)
        }
    }

    @Test("At least one zone is not a reverse zone")
    func reverseZones() throws {
        let configuration = try read("kubernetes in-addr.arpa 10.0.0.0/8 ip6.arpa")
        let token = try directives("kubernetes", "kubernetes")[0].name
        do {
            _ = try configuration.policy(at: token)
            Issue.record("no mistake found")
        } catch {
            #expect(error.message == "non-reverse zone name must be used")
        }
    }
}
