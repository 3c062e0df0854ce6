package cli

import (
	"context"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

// build says what this binary was made from.
type build struct {
	Version  string `json:"version"`
	Revision string `json:"revision"`
	Date     string `json:"date"`     // of the revision, RFC 3339
	Modified bool   `json:"modified"` // differs from the revision
	Go       string `json:"go"`
}

func buildOf(info *debug.BuildInfo) build {
	b := build{Version: info.Main.Version, Go: runtime.Version()}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.time":
			b.Date = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	if b.Version == "" {
		b.Version = "(devel)"
	}
	return b
}

// String is the build in one line: what a report of a fault needs.
func (b build) String() string {
	text := "muster " + b.Version
	if b.Revision != "" {
		text += ", revision " + b.Revision[:min(len(b.Revision), 12)]
		if b.Modified {
			text += " and changes"
		}
	}
	if date, _, ok := strings.Cut(b.Date, "T"); ok {
		text += " of " + date
	}
	return text + ", " + b.Go
}

func (c *cli) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "show the version of muster",
		Long:    "Show the version of muster, and the revision it was built from, with its date.",
		Example: "muster version --json",
		Args:    takes(),
		RunE:    action(func(context.Context, []string) error { return c.sayVersion() }),
	}
}

func (c *cli) sayVersion() error {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	b := buildOf(info)
	return c.emit(b, func() error { return c.say("%s", b) })
}
