package apitest

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
)

// produced holds which operation has answered with which status.
var produced sync.Map

type outcome struct{ operation, status string }

// TestMain fails a run of all tests in which a described status was never seen: what no test can bring about does not
// belong into the description.
func TestMain(m *testing.M) {
	code := m.Run()
	if missing := neverSeen(); code == 0 && len(missing) > 0 && flag.Lookup("test.run").Value.String() == "" {
		fmt.Println("--- FAIL: statuses that are described and were never seen:")
		for _, o := range missing {
			fmt.Println("   ", o.operation, o.status)
		}
		code = 1
	}
	os.Exit(code)
}

func neverSeen() (missing []outcome) {
	d, err := loadDescription()
	if err != nil {
		return nil // the tests have said so
	}
	for _, op := range d.ops {
		for status := range op.Responses.Map() {
			o := outcome{op.ID, status}
			if _, ok := produced.Load(o); !ok {
				missing = append(missing, o)
			}
		}
	}
	slices.SortFunc(missing, func(a, b outcome) int {
		return slices.Compare([]string{a.operation, a.status}, []string{b.operation, b.status})
	})
	return missing
}
