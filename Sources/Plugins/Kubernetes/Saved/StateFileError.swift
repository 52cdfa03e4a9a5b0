import Basics

/// Why a saved state cannot be used.
enum StateFileError: Error, Equatable, CustomStringConvertible {
    /// There is no file.
    case absent
    /// The system refused. The cause in words.
    case unreadable(String)
    /// The file is something else.
    case foreign
    /// The file has a form that is not known here.
    case version(UInt16)
    /// The file was damaged, or was written only in part.
    case damaged
    /// The file is of another cluster, or of other options. What it is of.
    case otherScope(String)
    /// What the file says makes no sense.
    case malformed(offset: Int)

    var description: String {
        switch self {
        case .absent: "there is no such file"
        case .unreadable(let cause): cause
        case .foreign: "it is no saved state"
        case .version(let version): "its form is version \(version), expected \(StateFile.version)"
        case .damaged: "its checksum is wrong"
        case .otherScope(let scope): "it is of another cluster or of other options (\(scope.clipped()))"
        case .malformed(let offset): "its contents make no sense at octet \(offset)"
        }
    }

    /// What a file's failure means for a saved state.
    init(_ failure: FileFailure) {
        self = failure.kind == .missing ? .absent : .unreadable(failure.description)
    }
}
