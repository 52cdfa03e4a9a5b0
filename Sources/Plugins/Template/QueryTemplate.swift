import DNSServer
import DNSWire
import LinearRegex
import Telemetry

/// One `template`: which queries it is for, and what it says to them.
struct QueryTemplate: Sendable {
    let configuration: TemplateConfiguration
    let counts: TemplateCounts
    private let zones: ZoneScope
    private let fallthroughZones: ZoneScope

    init(
        _ configuration: TemplateConfiguration, _ block: BlockIdentity, _ metrics: MetricsRegistry
    ) throws(MetricError) {
        self.configuration = configuration
        zones = ZoneScope(configuration.zones)
        fallthroughZones = ZoneScope(configuration.fallthroughZones ?? [])
        counts = try TemplateCounts(configuration, zones: zones.texts, block, metrics)
    }

    /// How a template takes a query.
    enum Match {
        /// It is for the query; the zone by its index, and the pattern that matched.
        case matches(zone: Int, RegexMatch?, Regex?)
        /// The next template shall look at it.
        case passes
        /// It is for the query, but no pattern matches the name.
        case fails
    }

    /// Looks at `query`.
    ///
    /// - Parameter name: the name as text; only asked for when there are patterns.
    func match(_ query: Query, name: () -> [UInt8]) -> Match {
        guard let zone = zones.index(of: query.name), isFor(query.recordClass), isFor(query.type) else {
            return .passes
        }
        guard !configuration.patterns.isEmpty else { return .matches(zone: zone, nil, nil) }
        let name = name()
        for pattern in configuration.patterns {
            if let found = pattern.firstMatch(in: name) { return .matches(zone: zone, found, pattern) }
        }
        return fallthroughZones.contains(query.name) ? .passes : .fails
    }

    private func isFor(_ recordClass: RecordClass) -> Bool {
        configuration.recordClass == .ANY || recordClass == .ANY || recordClass == configuration.recordClass
    }

    private func isFor(_ type: RecordType) -> Bool {
        configuration.type == .ANY || type == .ANY || type == configuration.type
    }

    /// What the records can name.
    func data(for query: Query, zone: Int, _ found: RegexMatch?, _ pattern: Regex?) -> TemplateData {
        let name = query.ownedName.text
        var data = TemplateData(zone: zones.texts[zone], name: name)
        if let found, let pattern {
            data.take(found, of: pattern)
        } else {
            data.match = [name]
            data.group = ["0": .string(name)]
        }
        data.recordClass = (query.recordClass == .ANY ? configuration.recordClass : query.recordClass).description
        data.type = (query.type == .ANY ? configuration.type : query.type).description
        data.remote = query.client.host
        data.metadata = { query.metadata($0) }
        data.messageLength = query.message.count
        data.message = { try? Message(decoding: query.message) }
        return data
    }
}
