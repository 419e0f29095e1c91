using BatchSegmenter.Pipeline.Runs;

namespace BatchSegmenter.Pipeline.Tests.Runs;

public sealed class GlobTests
{
    [Theory]
    [InlineData("/s/*.las", "/s/", "a.las", true)]
    [InlineData("/s/*.las", "/s/", "sub/a.las", false)]
    [InlineData("/s/*.las", "/s/", "a.lasx", false)]
    [InlineData("/s/*.las", "/s/", "axlas", false)]
    [InlineData("/s/**/*.laz", "/s/", "a.laz", true)]
    [InlineData("/s/**/*.laz", "/s/", "x/y/a.laz", true)]
    [InlineData("/s/**", "/s/", "x/y/a.laz", true)]
    [InlineData("/s/2?/t-*/*.laz", "/s/", "26/t-1/a.laz", true)]
    [InlineData("/s/2?/t-*/*.laz", "/s/", "2/t-1/a.laz", false)]
    [InlineData("/s/2?/t-*/*.laz", "/s/", "26/t-1/x/a.laz", false)]
    [InlineData("/s/[1]*.las", "/s/", "[1]2.las", true)]
    [InlineData("/s/x/**/b/*.las", "/s/x/", "1/2/b/c.las", true)]
    public void Matches_paths_below_its_prefix(string pattern, string prefix, string path, bool expected)
    {
        var glob = new Glob(pattern);

        Assert.Equal(prefix, glob.Prefix);
        Assert.Equal(expected, glob.IsMatch(path));
    }
}
