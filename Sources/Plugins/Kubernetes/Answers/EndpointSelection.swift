import DNSWire

/// Which endpoints of a table are meant.
enum EndpointSelection {
    case all
    /// Those that have a port that the filter lets through.
    case ports(PortFilter)
    /// Those at these places of the table's index: the ones of one name.
    case places(Range<Int>)
    /// Those of the group with this number: of one topology zone.
    case zone(UInt16)

    /// Which of the endpoints' ports are meant.
    var portFilter: PortFilter {
        if case .ports(let filter) = self { filter } else { .all }
    }

    /// The places in the index of `endpoints` between which the ones meant are.
    func indexPlaces(_ endpoints: EndpointTable) -> Range<Int> {
        if case .places(let places) = self { places } else { 0..<endpoints.indexCount }
    }

    /// Whether an endpoint between those places is meant, its ports aside.
    func contains(_ item: EndpointTable.Item) -> Bool {
        if case .zone(let group) = self { item.group == group } else { true }
    }
}
