namespace BatchSegmenter.Formats.Las;

/// <summary>Lengths in metres of the EPSG units of measure that surveys are stored in.</summary>
internal static class LengthUnits
{
    /// <summary>The foot of 0.3048 m.</summary>
    public const double InternationalFoot = 0.3048;

    /// <summary>The US survey foot, 1200/3937 m.</summary>
    public const double UsSurveyFoot = 1200.0 / 3937.0;

    /// <summary>Metres per unit of an EPSG unit code, or null where it is no length that is known here.</summary>
    public static double? Find(int code) => code switch
    {
        9001 => 1,
        9002 => InternationalFoot,
        9003 => UsSurveyFoot,
        9005 => 0.3047972654, // Clarke's foot
        9014 => 1.8288, // fathom
        9030 => 1852, // nautical mile
        9031 => 1.0000135965, // German legal metre
        9036 => 1000,
        9037 => 0.9143917962, // Clarke's yard
        9040 => 0.914398414616029, // British yard (Sears 1922)
        9041 => 0.304799471538676, // British foot (Sears 1922)
        9080 => 0.304799510248147, // Indian foot
        9093 => 1609.344, // statute mile
        9094 => 0.3047997101815088, // Gold Coast foot
        9096 => 0.9144,
        _ => null,
    };
}
