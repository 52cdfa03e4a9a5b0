package import DNSServer

/// The plugins that are served, in the order of the chain, which is CoreDNS's.
package enum PluginOrder {
    package static let definitions: [PluginDefinition] = [
        RootPlugin.definition,
        MetadataPlugin.definition,
        CancelPlugin.definition,
        TimeoutsPlugin.definition,
        MultisocketPlugin.definition,
        ReloadPlugin.definition,
        NSIDPlugin.definition,
        BufsizePlugin.definition,
        BindPlugin.definition,
        DebugPlugin.definition,
        ReadyPlugin.definition,
        HealthPlugin.definition,
        ShedPlugin.definition,
        PrometheusPlugin.definition,
        ErrorsPlugin.definition,
        LogPlugin.definition,
        LocalPlugin.definition,
        DNS64Plugin.definition,
        AnyPlugin.definition,
        ChaosPlugin.definition,
        LoadbalancePlugin.definition,
        RewritePlugin.definition,
        AutopathPlugin.definition,
        AclPlugin.definition,
        CachePlugin.definition,
        HeaderPlugin.definition,
        MinimalPlugin.definition,
        TemplatePlugin.definition,
        HostsPlugin.definition,
        K8sExternalPlugin.definition,
        KubernetesPlugin.definition,
        LoopPlugin.definition,
        ForwardPlugin.definition,
        ErraticPlugin.definition,
        WhoamiPlugin.definition,
        OnPlugin.definition,
        ViewPlugin.definition,
    ]

    /// What `-plugins` prints.
    package static var listing: String {
        "Plugins:\n" + definitions.map { "  dns.\($0.name)" }.sorted().joined(separator: "\n")
    }
}
