import DNSWire

/// A sort of question, asked again and again.
enum Shape: String, CaseIterable {
    /// The ClusterIP of a service.
    case cluster
    /// The same with an OPT record, as newer stub resolvers ask.
    case edns
    /// AAAA of a service that has IPv4 only: no data.
    case nodata
    /// A name of the outside world with the cluster's search path behind it: no such name.
    case nxdomain
    /// The service's port.
    case srv
    /// The endpoints of a headless service.
    case headless
    /// The service or the pod of an address, in a block without a cache.
    case ptr
    /// A pod by its address.
    case pod
    /// Names that were forwarded before.
    case cached
    /// All of those above, in turn.
    case mix
    /// A service that is another name for a host elsewhere, whose address is in the cache.
    case alias
    /// Names that were never asked before.
    case forwarded
    /// A set of thousands of addresses in the cache, asked for over UDP without EDNS, and with two payload sizes.
    case big512, big1232, big4096
    /// The same in a case that it was not asked in before.
    case bigcase
    /// The thousands of endpoints of a headless service, and their ports.
    case crowd512, crowd4096, crowdsrv
    /// A hundred endpoints with two thousand ports of one number.
    case crowdports

    /// What a line of the chain's queries consists of.
    struct Query {
        var name: String
        var type = RecordType.A
        /// What its OPT record offers to take; nil without one.
        var payloadSize: UInt16?
        var code = ResponseCode.noError
        var answers: UInt8 = 1
        /// Whether the reply has only a part of the records.
        var isTruncated = false
        /// Whether eight letters of the first label are others in every query.
        var isVarying = false
    }

    var queries: [Query] {
        switch self {
        case .cluster: ReplayCluster.addressed.map { Query(name: ReplayCluster.name($0)) }
        case .edns: ReplayCluster.addressed.map { Query(name: ReplayCluster.name($0), payloadSize: 1_232) }
        case .nodata: ReplayCluster.addressed.map { Query(name: ReplayCluster.name($0), type: .AAAA, answers: 0) }
        case .nxdomain:
            (0..<ReplayCluster.size).map {
                Query(name: "host-\($0).example.com.shop.svc.cluster.local.", code: .nameError, answers: 0)
            }
        case .srv: ReplayCluster.addressed.map { Query(name: "_http._tcp." + ReplayCluster.name($0), type: .SRV) }
        case .headless:
            ReplayCluster.headless.map {
                Query(name: ReplayCluster.name($0), answers: UInt8(ReplayCluster.endpointCount))
            }
        case .ptr:
            (ReplayCluster.addressed.map(ReplayCluster.address)
                + ReplayCluster.headless.map { ReplayCluster.endpoint($0, 1) })
                .map { Query(name: ReplayCluster.reverseName($0), type: .PTR) }
        case .pod: ReplayCluster.addressed.map { Query(name: "10-244-\($0)-1.shop.pod.cluster.local.") }
        case .alias: [Query(name: "\(ReplayCluster.alias).shop.svc.cluster.local.", answers: 2)]
        case .cached: (0..<1_000).map { Query(name: "cached-\($0).example.net.") }
        case .mix: Self.interleaved([.cluster, .nodata, .nxdomain, .srv, .headless, .cached])
        case .forwarded: [Query(name: "aaaaaaaa.forwarded.example.net.", isVarying: true)]
        case .big512: [Self.large(LargeSets.name, answers: 29)]
        case .big1232: [Self.large(LargeSets.name, 1_232, answers: 70)]
        case .big4096: [Self.large(LargeSets.name, 4_096, answers: 250)]
        case .bigcase: [Self.large(LargeSets.name.uppercased(), 4_096, answers: 250)]
        case .crowd512: [Self.large(LargeSets.service, answers: 26)]
        case .crowd4096: [Self.large(LargeSets.service, 4_096, answers: 250)]
        case .crowdsrv: [Self.large("_http._tcp." + LargeSets.service, 4_096, type: .SRV, answers: 40)]
        case .crowdports: [Self.large(LargeSets.ported, 4_096, type: .SRV, answers: 40)]
        }
    }

    /// A query for more than it takes.
    private static func large(
        _ name: String, _ payloadSize: UInt16? = nil, type: RecordType = .A, answers: UInt8
    ) -> Query {
        Query(name: name, type: type, payloadSize: payloadSize, answers: answers, isTruncated: true)
    }

    /// The queries of several shapes in turn, as many of each.
    private static func interleaved(_ shapes: [Shape]) -> [Query] {
        let lists = shapes.map(\.queries)
        return (0..<ReplayCluster.size).flatMap { index in lists.map { $0[index % $0.count] } }
    }

    /// Queries that go before those that are measured, so that pools, tables and the cache have what they will have.
    var warmUp: Int { self == .forwarded ? 20_000 : 3_000 }

    /// Which of the server's blocks is asked.
    var block: ReplayServer.Block {
        switch self {
        case .ptr: .uncached
        case .big512, .big1232, .big4096, .bigcase, .crowd512, .crowd4096, .crowdsrv, .crowdports: .large
        default: .usual
        }
    }
}
