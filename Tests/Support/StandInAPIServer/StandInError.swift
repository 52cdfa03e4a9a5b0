/// Why the stand-in did not take something.
package enum StandInError: Error, Equatable {
    /// The text is not an object of a kind that is served.
    case malformedObject
    /// The server runs already.
    case alreadyRunning
}
