/// The work of filling in the records of one query, which is bounded: strangers choose names and thereby what is gone through.
///
/// What makes or goes through a long text asks before it begins, so that work bounds time and memory alike.
final class GoWork {
    /// *Units*: 16 for each step, and 1 for each octet or element that a step looks at or makes; all together some milliseconds.
    static let maximum = 1 << 20

    private var spent = 0

    /// Counts a step that looks at or makes `weight` octets or elements.
    ///
    /// - Throws: there is no work left.
    func spend(_ weight: Int = 0) throws(GoTemplateError) {
        guard weight <= Self.maximum - spent - 16 else { throw GoTemplateError("it takes too many steps") }
        spent += 16 + weight
    }
}
