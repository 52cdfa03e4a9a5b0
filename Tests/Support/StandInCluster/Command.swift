/// A line of the standard input.
enum Command {
    /// `event NUMBER`: gives an endpoint of the service another address; answers with `event NUMBER ADDRESS TIME`.
    case event(Int)
    /// `churn RATE SECONDS`: changes in the background; answers `churn CHANGES SECONDS` at the end.
    case churn(rate: Double, seconds: Double)
    /// `random COUNT SEED [RATE]`: changes of all sorts in the background; answers `random CHANGES SECONDS` at the end.
    case random(count: Int, seed: UInt64, rate: Double)
    /// `expire`: forgets history and cuts all watches, so that everything is listed again.
    case expire
    /// `stop-serving`: ceases to listen and closes all connections.
    case stopServing
    /// `serve`: listens again, on the same port.
    case serve
    /// `names FILE`: writes what can be asked about the cluster; answers with `names COUNT`.
    case names(String)
    /// `state`: answers with `state CHANGES REQUESTS WATCHES`.
    case state

    static let help = """
        Prints its port, then reads commands from standard input, one a line, and answers each with a line:

          event NUMBER              gives an endpoint of that service another address: event NUMBER ADDRESS NANOSECONDS
          churn RATE SECONDS        changes as of a usual day in the background; at the end: churn CHANGES SECONDS
          random COUNT SEED [RATE]  changes of all sorts in the background; at the end: random CHANGES SECONDS
          expire                    forgets history and cuts all watches, so that everything is listed again
          stop-serving, serve       ceases to listen; listens again on the same port
          names FILE                writes what can be asked about the cluster, NAME TYPE a line: names COUNT
          state                     what has happened so far: state CHANGES REQUESTS OPEN-WATCHES

        Services are called service-NUMBER and are in the namespace ns-(NUMBER modulo namespaces). `churn` leaves alone
        those whose number is a multiple of 100, which are headless. A mistake is answered with: error TEXT
        """

    init?(_ line: String) {
        let words = line.split(separator: " ").map(String.init)
        switch (words.first, words.count) {
        case ("event", 2):
            guard let number = Int(words[1]) else { return nil }
            self = .event(number)
        case ("churn", 3):
            guard let rate = Self.number(words[1]), let seconds = Self.number(words[2]) else { return nil }
            self = .churn(rate: rate, seconds: seconds)
        case ("random", 3...4):
            let rate = words.count == 4 ? Self.number(words[3]) : 0
            guard let count = Int(words[1]), let seed = UInt64(words[2]), let rate else { return nil }
            self = .random(count: count, seed: seed, rate: rate)
        case ("expire", 1): self = .expire
        case ("stop-serving", 1): self = .stopServing
        case ("serve", 1): self = .serve
        case ("names", 2): self = .names(words[1])
        case ("state", 1): self = .state
        default: return nil
        }
    }

    private static func number(_ text: String) -> Double? {
        Double(text).flatMap { $0 >= 0 && $0 <= 1e9 ? $0 : nil }
    }
}
