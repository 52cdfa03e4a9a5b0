import DNSWire

/// The SRV records that a question means: endpoints and their ports.
struct MeantServices {
    let view: ServiceView
    let endpoints: EndpointTable
    let selection: EndpointSelection
    let filter: PortFilter
    /// The places in the index of the endpoints.
    let places: Range<Int>
    /// How many pairs of endpoint and port there are, which share the weight.
    private(set) var count = 0
    /// How many ports of each port table are meant, and whether one of them has a number, so that there is a record.
    private var ports: ContiguousArray<(count: Int, hasNumber: Bool)> = []

    init(
        _ view: ServiceView, _ endpoints: EndpointTable, _ selection: EndpointSelection, _ question: Span<UInt8>
    ) {
        self.view = view
        self.endpoints = endpoints
        self.selection = selection
        filter = selection.portFilter
        places = selection.indexPlaces(endpoints)
        for table in endpoints.portTables { ports.append(Self.count(table, filter, question)) }
        switch selection {
        case .all, .ports:
            for number in ports.indices { count &+= ports[number].count &* endpoints.uses(ofPortTable: number) }
        case .places, .zone:
            for place in places {
                let item = endpoints.indexedItem(place)
                if selection.contains(item) { count &+= ports[Int(item.ports)].count }
            }
        }
    }

    /// Whether there can be a record at all.
    var hasRecord: Bool { count > 0 && ports.contains { $0.hasNumber } }

    /// Whether one of an endpoint's ports meant has a number.
    func hasNumber(_ item: EndpointTable.Item) -> Bool {
        ports[Int(item.ports)].hasNumber && selection.contains(item)
    }

    private static func count(
        _ ports: PortTable, _ filter: PortFilter, _ question: Span<UInt8>
    ) -> (count: Int, hasNumber: Bool) {
        var result = (count: 0, hasNumber: false)
        var port = ports.next(after: nil, filter, question)
        while let found = port {
            result.count &+= 1
            if found.number != nil { result.hasNumber = true }
            port = ports.next(after: found, filter, question)
        }
        return result
    }
}
