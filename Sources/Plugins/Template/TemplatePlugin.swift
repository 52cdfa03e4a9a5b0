import Corefile
package import DNSServer
import DNSWire
import Logging
import Telemetry

/// Answers queries with records made from what was asked.
package final class TemplatePlugin: Plugin {
    package let name = "template"
    package let acceptsAllClasses: Bool

    /// Reads `template` of a server block.
    package static let definition = PluginDefinition("template") { directives, context throws(ConfigurationError) in
        let configurations = try TemplateConfiguration.directive.readEach(
            directives, serverZones: context.block.zones, initial: TemplateConfiguration())
        do {
            return try TemplatePlugin(configurations, context)
        } catch {
            throw ConfigurationError(.invalidValue, "\(error)", at: directives[0].name, plugin: "template")
        }
    }

    private let templates: [QueryTemplate]
    private let hasUpstream: Bool
    private let logger: Logger

    init(_ configurations: [TemplateConfiguration], _ context: PluginContext) throws(MetricError) {
        var templates: [QueryTemplate] = []
        for configuration in configurations {
            templates.append(
                try QueryTemplate(configuration, context.block, context.metrics))
        }
        self.templates = templates
        acceptsAllClasses = configurations.contains { $0.recordClass != .IN }
        hasUpstream = configurations.contains(where: \.hasUpstream)
        logger = context.logger(for: "template")
    }

    package func makeHandler(for worker: Worker) -> (any QueryHandler)? {
        TemplateHandler(templates)
    }

    package func didStart() async {
        if hasUpstream { logger.warning("the option 'upstream' has no effect; remove the line") }
    }
}
