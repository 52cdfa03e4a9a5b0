/// What of objects is kept where it is wanted: most name servers do without.
package struct ObjectDetails: OptionSet, Sendable, Hashable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// The labels of namespaces and pods.
    package static let labels = ObjectDetails(rawValue: 1)
    /// The names of the objects behind the endpoints of slices.
    package static let targets = ObjectDetails(rawValue: 2)
    /// The topology zones of endpoints.
    package static let zones = ObjectDetails(rawValue: 4)

    /// All of it.
    package static let all: ObjectDetails = [.labels, .targets, .zones]
}
