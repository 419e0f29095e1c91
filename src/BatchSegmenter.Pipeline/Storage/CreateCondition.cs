namespace BatchSegmenter.Pipeline.Storage;

/// <summary>What must hold for an object to be created.</summary>
public enum CreateCondition
{
    /// <summary>Nothing: an object of that name is replaced.</summary>
    Any,

    /// <summary>No object has the name.</summary>
    IfAbsent,
}
