<#
.SYNOPSIS
Runs a pipeline: what a scheduler calls every night.

.DESCRIPTION
Builds the program when it is missing or older than its sources, runs it, and ends with its exit code:
0 every input done, 1 finished but some inputs failed, 2 usage or configuration error (nothing was started; a
failed build too), 3 the run could not go on, 130 cancelled.
Needs Windows PowerShell 5.1 or PowerShell 7, and the .NET SDK unless -Program names a program that is built already.

.PARAMETER Pipeline
The pipeline file. Default: pipelines/quickstart.json beside this script.

.PARAMETER InputPath
Files, folders or globs that replace the file's inputs. Also spelled -Input.

.PARAMETER Output
The folder that replaces the file's output.

.PARAMETER Model
The model bundle that replaces the file's model.

.PARAMETER Set
Settings KEY=VALUE, each of which replaces one key of the pipeline file.

.PARAMETER Configuration
The build configuration. Default: Release.

.PARAMETER Program
A program that is built already (an executable, or a .dll for dotnet to run). Nothing is built then.

.EXAMPLE
pwsh -File run.ps1 -Pipeline pipelines/nightly.json -Output D:\labelled

.EXAMPLE
powershell -Command "& C:\batchsegmenter\run.ps1 -Input 'D:\2026\*.laz','E:\late.las' -Set limits.cores=4,limits.maxFailures=10; exit $LASTEXITCODE"
Lists need -Command: after -File, PowerShell takes a list for one text.
#>
[CmdletBinding()]
param(
    [string] $Pipeline,
    # PowerShell keeps the name $Input for itself.
    [Alias('Input')]
    [string[]] $InputPath = @(),
    [string] $Output,
    [string] $Model,
    [string[]] $Set = @(),
    [string] $Configuration = 'Release',
    [string] $Program
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

function Write-Fault([string] $text) {
    [Console]::Error.WriteLine("run.ps1: $text")
}

function Test-Newer([string] $stamp) {
    if (-not [IO.File]::Exists($stamp)) { return $true }
    $built = [IO.File]::GetLastWriteTimeUtc($stamp)
    $sources = @([IO.Directory]::GetFiles($PSScriptRoot, '*.props')) + @([IO.Directory]::GetFiles($PSScriptRoot, 'global.json'))
    $sources += [IO.Directory]::GetFiles([IO.Path]::Combine($PSScriptRoot, 'src'), '*', 'AllDirectories')
    foreach ($source in $sources) {
        if ($source -notmatch '[\\/](bin|obj)[\\/]' -and $source -match '\.(cs|csproj|props|proto|json)$') {
            if ([IO.File]::GetLastWriteTimeUtc($source) -gt $built) { return $true }
        }
    }

    return $false
}

if (-not $Program) {
    if (-not (Get-Command dotnet -ErrorAction SilentlyContinue)) {
        Write-Fault 'dotnet is not on the PATH; install the .NET SDK 10 or give -Program'
        exit 2
    }

    $folder = [IO.Path]::Combine($PSScriptRoot, 'artifacts', 'run', $Configuration)
    $stamp = [IO.Path]::Combine($folder, 'built')
    $Program = [IO.Path]::Combine($folder, 'batchsegmenter.dll')
    if ((Test-Newer $stamp) -or -not [IO.File]::Exists($Program)) {
        # Taken before the build, so that a source changed meanwhile is built the next time.
        $started = [DateTime]::UtcNow
        $project = [IO.Path]::Combine($PSScriptRoot, 'src', 'BatchSegmenter', 'BatchSegmenter.csproj')
        $log = & dotnet publish $project -c $Configuration -o $folder --nologo -v quiet
        if ($LASTEXITCODE -ne 0) {
            foreach ($line in $log) { [Console]::Error.WriteLine($line) }
            Write-Fault "the build ended with exit code $LASTEXITCODE; nothing was started"
            exit 2
        }

        [IO.File]::WriteAllText($stamp, '')
        [IO.File]::SetLastWriteTimeUtc($stamp, $started)
    }
}
elseif (-not [IO.File]::Exists($Program)) {
    Write-Fault "${Program}: no such program; expected the full path of batchsegmenter or batchsegmenter.dll"
    exit 2
}

if (-not $Pipeline) { $Pipeline = [IO.Path]::Combine($PSScriptRoot, 'pipelines', 'quickstart.json') }
$arguments = @('run', $Pipeline)
foreach ($value in $InputPath) { $arguments += '--input', $value }
if ($Output) { $arguments += '--output', $Output }
if ($Model) { $arguments += '--model', $Model }
foreach ($value in $Set) { $arguments += '--set', $value }

# Before 7.3, PowerShell drops the quotes within a program's arguments.
$version = $PSVersionTable.PSVersion
if ($version.Major -lt 7 -or ($version.Major -eq 7 -and $version.Minor -lt 3)) {
    $arguments = @(foreach ($argument in $arguments) { $argument -replace '(\\*)"', '$1$1\"' })
}

if ($Program -match '\.dll$') { & dotnet $Program @arguments }
else { & $Program @arguments }
exit $LASTEXITCODE
