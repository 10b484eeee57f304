package phx_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/avanter/voki/httpapi/phx"
)

// The table of close codes in the package's doc comment is the one in the code.
func TestCodesAreDocumented(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	var table strings.Builder
	require.NoError(t, phx.WriteCodes(&table))
	var want strings.Builder
	for line := range strings.Lines(table.String()) {
		want.WriteString("//\t" + line)
	}
	require.Contains(t, string(doc), want.String())
}

func TestCodesFitTheirUse(t *testing.T) {
	last := phx.Code(0)
	for _, c := range phx.Codes() {
		require.Greater(t, c.Code, last, "rising")
		last = c.Code
		require.Equal(t, c.Name, c.Code.String())
		require.LessOrEqual(t, len(c.Name), 123, "a close frame has no more room")
		if c.Code >= 4000 {
			require.True(t, c.Code >= 4400 && c.Code < 4600, "the others are the hosts'")
		}
	}
	require.Equal(t, "4001", phx.Code(4001).String())
}
