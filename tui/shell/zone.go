package shell

import (
	"strings"
	"time"
)

// zoneOf is the viewer's time zone, where the client says (TZ), else UTC.
func zoneOf(env []string) *time.Location {
	for _, kv := range env {
		if name, ok := strings.CutPrefix(kv, "TZ="); ok && plainZone(name) {
			if loc, err := time.LoadLocation(name); err == nil {
				return loc
			}
		}
	}
	return time.UTC
}

// plainZone keeps a client's word from naming any other file than one of the
// zone database.
func plainZone(name string) bool {
	return name != "" && !strings.Contains(name, "..") && !strings.HasPrefix(name, "/") && !strings.Contains(name, "\\")
}
