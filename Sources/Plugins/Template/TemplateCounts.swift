import DNSServer
import DNSWire
import Telemetry

/// The metrics of one template.
struct TemplateCounts: Sendable {
    private let metrics: MetricsRegistry
    private let server: String
    private let view: String
    /// By zone, class and type.
    private let matches: CounterMatrix
    /// A template for all types counts the common ones by name.
    private let types: QueryTypes?
    private let isForAllClasses: Bool

    private static let classes: [RecordClass] = [.IN, .CH, .HS, .NONE, .ANY]

    init(
        _ configuration: TemplateConfiguration, zones: [String], _ block: BlockIdentity, _ metrics: MetricsRegistry
    ) throws(MetricError) {
        self.metrics = metrics
        server = block.serverLabel
        view = block.viewName
        types = configuration.type == .ANY ? QueryTypes() : nil
        isForAllClasses = configuration.recordClass == .ANY
        matches = try metrics.counterMatrix(
            "coredns_template_matches_total", help: "Counter of template regex matches.",
            fixedLabels: [("server", server), ("view", view)],
            dimensions: [
                MetricDimension("zone", zones),
                MetricDimension(
                    "class",
                    configuration.recordClass == .ANY
                        ? Self.classes.map(\.description) + ["other"] : [configuration.recordClass.description]),
                MetricDimension(
                    "type", configuration.type == .ANY ? QueryTypes.names : [configuration.type.description]),
            ])
    }

    /// Counts a query that the template is for.
    func countMatch(_ query: Query, zone: Int) {
        let classIndex = isForAllClasses ? Self.classes.firstIndex(of: query.recordClass) ?? Self.classes.count : 0
        matches.increment(zone, classIndex, types?.index(of: query.type) ?? 0, in: query.worker.shard)
    }

    /// Counts a record that could not be made.
    func count(_ failure: RecordTemplate.Failure, of template: RecordTemplate, _ data: TemplateData, _ query: Query) {
        let (name, help) =
            switch failure {
            case .template: ("coredns_template_template_failures_total", "Counter of go template failures.")
            case .record: ("coredns_template_rr_failures_total", "Counter of mis-templated RRs.")
            }
        // A stranger chooses class and type where the template is for all of them.
        let type = QueryTypes.names.contains(data.type) || types == nil ? data.type : "other"
        let isKnown = !isForAllClasses || Self.classes.contains(query.recordClass)
        // Registering again gives the same cells; a failure may cost a look-up.
        let counter = try? metrics.counter(
            name, help: help,
            labels: [
                ("server", server), ("zone", data.zone), ("view", view),
                ("class", isKnown ? data.recordClass : "other"),
                ("type", type),
                ("section", "\(template.section)"), ("template", template.template.source),
            ])
        counter?.increment(in: query.worker.shard)
    }
}
