/// A selector of objects by their labels, in the API's syntax.
///
/// Shape: requirements with commas between them, all of which must hold: `KEY`, `!KEY`, `KEY=VALUE`, `KEY==VALUE`,
/// `KEY!=VALUE`, `KEY in (VALUE, …)`, `KEY notin (VALUE, …)`.
struct LabelSelector: Sendable, Hashable {
    /// What is asked of one label.
    struct Requirement: Sendable, Hashable {
        /// How the label's value is compared.
        enum Test: Sendable, Hashable {
            case exists
            case isMissing
            case isAmong(Set<String>)
            /// Also when the label is missing.
            case isNotAmong(Set<String>)
        }

        let key: String
        let test: Test

        func matches(_ labels: [String: String]) -> Bool {
            switch test {
            case .exists: labels[key] != nil
            case .isMissing: labels[key] == nil
            case .isAmong(let values): labels[key].map(values.contains) ?? false
            case .isNotAmong(let values): !(labels[key].map(values.contains) ?? false)
            }
        }
    }

    /// What is wrong with a selector.
    struct Mistake: Error, Hashable, CustomStringConvertible {
        let description: String
    }

    /// The selector as it is written, for the API server.
    let text: String
    let requirements: [Requirement]

    /// - Throws: what was found where something else was expected.
    init(parsing text: String) throws(Mistake) {
        self.text = text
        var parser = LabelSelectorParser(text)
        requirements = try parser.requirements()
    }

    /// Whether an object with these labels is selected.
    func matches(_ labels: [String: String]) -> Bool {
        requirements.allSatisfy { $0.matches(labels) }
    }
}
