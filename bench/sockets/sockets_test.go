package main

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The test's binary is the servers, too.
func TestMain(m *testing.M) {
	if kind := os.Getenv(serveAs); kind != "" {
		if err := serve(kind); err != nil {
			panic(err)
		}
		return
	}
	os.Exit(m.Run())
}

// A quick run says nothing of the numbers, but that there are some.
func TestQuick(t *testing.T) {
	report, err := quick().measure(func(line string) { t.Log(line) })
	require.NoError(t, err)
	t.Log("\n" + report)
	assert.Equal(t, len(rows())+3, strings.Count(report, "\n|")) // with the head's two, and the last
	for _, kind := range kinds {
		assert.Contains(t, report, kind)
	}
}

func TestNoSuchServer(t *testing.T) {
	require.ErrorContains(t, serve("nothing"), "nothing")
}
