/// A plugin that knows something of a query that others can name: metadata, by label.
package protocol MetadataProvider: Plugin {
    /// The labels it has values for, `PLUGIN/NAME`; one that ends in a slash stands for all that begin with it.
    var metadataLabels: [String] { get }

    /// The value of `label` for `query`; nil when the query has none.
    ///
    /// Called on the query's worker, and only when somebody wants the value.
    func metadata(_ label: String, for query: Query) -> String?
}

/// The plugin that turns metadata on for its server block: `metadata`.
package protocol MetadataCollector: Plugin {
    /// The value that a provider of the block has under `label`; nil when there is none.
    func metadata(_ label: String, for query: Query) -> String?
}

extension Query {
    /// The value under `label`: what was noted last, else what a provider says; nil without metadata in the block.
    package func metadata(_ label: String) -> String? {
        guard let collector = chain?.block.metadata else { return nil }
        return extras?.notes.last { $0.label == label }?.value ?? collector.metadata(label, for: self)
    }

    /// Notes a value for plugins that come later, and for those that see the reply.
    ///
    /// It costs a look at the block, and the value is not made, where the block has no metadata.
    package func note(_ label: String, _ value: @autoclosure () -> String) {
        guard let block = chain?.block, block.metadata != nil else { return }
        madeExtras.notes.append((label, value()))
    }
}
