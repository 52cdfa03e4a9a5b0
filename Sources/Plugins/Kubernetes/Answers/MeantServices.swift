import DNSWire

/// The SRV records that a question means: endpoints and their ports.
struct MeantServices {
    let view: ServiceView
    let endpoints: EndpointTable
    let selection: EndpointSelection
    /// The places in the index of the endpoints.
    let places: Range<Int>
    /// How many pairs of endpoint and port there are, which share the weight.
    private(set) var count = 0
    /// Which ports of each port table are meant.
    private var ports: ContiguousArray<MeantPorts> = []

    init(
        _ view: ServiceView, _ endpoints: EndpointTable, _ selection: EndpointSelection, _ question: Span<UInt8>
    ) {
        self.view = view
        self.endpoints = endpoints
        self.selection = selection
        places = selection.indexPlaces(endpoints)
        for table in endpoints.portTables { ports.append(table.meant(by: selection.portFilter, question)) }
        switch selection {
        case .all, .ports:
            for number in ports.indices { count &+= ports[number].portCount &* endpoints.uses(ofPortTable: number) }
        case .places, .zone:
            for place in places {
                let item = endpoints.indexedItem(place)
                if selection.contains(item) { count &+= ports[Int(item.ports)].portCount }
            }
        }
    }

    /// Whether there can be a record at all.
    var hasRecord: Bool { count > 0 && ports.contains { !$0.isEmpty } }

    /// Whether one of an endpoint's ports meant has a number.
    func hasNumber(_ item: EndpointTable.Item) -> Bool {
        !ports[Int(item.ports)].isEmpty && selection.contains(item)
    }

    /// The numbers of an endpoint's ports meant.
    func numbers(_ item: EndpointTable.Item) -> MeantPorts { ports[Int(item.ports)] }
}
