package main

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// commands are a command and all below it.
func commands(c *cobra.Command) []*cobra.Command {
	all := []*cobra.Command{c}
	for _, below := range c.Commands() {
		all = append(all, commands(below)...)
	}
	return all
}

var (
	flagLine     = regexp.MustCompile(`^ {2,6}(?:-\w, )?--([a-z-]+)(?: (\S+))? {2,}(\S.*)$`)
	flagDefault  = regexp.MustCompile(`^(.*) \(default (.+)\)$`)
	flagTypes    = "address addresses CIDRs URL URLs #rrggbb command directory duration file format id kind language level model name number origins queue range role slug states store target"
	flagDefaults = map[string]string{
		"serve --data": `"./voki-data"`, "serve --addr": `"127.0.0.1:4000"`, "serve --store": `"bolt:"`, "serve --public-rate": "30",
		"serve --queue-limit": "30m0s", "serve --answer-limit": "1m0s", "serve --grace": "1m0s", "serve --longest": "4h0m0s",
		"serve --log-format": `"text"`, "serve --log-level": `"info"`, "token --ttl": "15m0s",
		"serve --turn-ports": `"49152-65535"`,
	}
)

// TestHelpOfFlags reads the help of every command: each flag has a type that says something, and a default that it takes
// and that is the one it has.
func TestHelpOfFlags(t *testing.T) {
	shown, count := map[string]string{}, 0
	for _, c := range commands(newRoot()) {
		for line := range strings.Lines(c.LocalFlags().FlagUsages()) {
			found := flagLine.FindStringSubmatch(strings.TrimRight(line, "\n"))
			require.NotNil(t, found, line)
			name, kind, usage := found[1], found[2], found[3]
			f := c.Flags().Lookup(name)
			require.NotNil(t, f, line)
			count++
			if f.Value.Type() == "bool" {
				assert.Empty(t, kind, line)
			} else {
				assert.Contains(t, strings.Fields(flagTypes), kind, "%s: %s", c.CommandPath(), line)
			}

			value := f.DefValue
			if parts := flagDefault.FindStringSubmatch(usage); parts != nil {
				usage, value = parts[1], parts[2]
				shown[c.Name()+" --"+name] = value
				if f.Value.Type() == "string" {
					var err error
					value, err = strconv.Unquote(value)
					require.NoError(t, err, line)
				}
				before := f.Value.String()
				require.NoError(t, f.Value.Set(value), line)
				assert.Equal(t, before, f.Value.String(), line)
			}
			assert.Equal(t, f.DefValue, value, line)
			assert.NotContains(t, usage, "default", "said by the flag, or in other words: %s", line)
		}
	}
	assert.Greater(t, count, 40)
	for flag, want := range flagDefaults {
		assert.Equal(t, want, shown[flag], flag)
	}
}
