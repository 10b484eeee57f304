package voki_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/avanter/voki"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/media"
	"github.com/avanter/voki/privacy"
	"github.com/avanter/voki/storage/memory"
)

// A customer asks for everything that is kept about her, and then to be erased.
func ExampleVoki_privacy() {
	ctx := context.Background()
	v, err := voki.New(voki.Options{Store: memory.New()})
	check(err)
	c, err := v.Calls.Enqueue(ctx, maria)
	check(err)
	_, err = v.Media.Upload(ctx, ana, c.ID, media.Content{Name: "contract.txt", Reader: strings.NewReader("Maria")})
	check(err)

	her := privacy.Subject{Email: "Maria@Example.com"}
	_, err = v.Privacy.Erase(ctx, eva, her)
	fmt.Println(strings.ReplaceAll(err.Error(), c.ID, "…"))
	_, err = v.Calls.Leave(ctx, "acme", c.ID, call.SideCustomer)
	check(err)

	var archive bytes.Buffer // or a file
	_, err = v.Privacy.Export(ctx, eva, her, &archive)
	check(err)
	files, err := zip.NewReader(bytes.NewReader(archive.Bytes()), int64(archive.Len()))
	check(err)
	for _, f := range files.File {
		fmt.Println(f.Name[strings.LastIndex(f.Name, "/")+1:])
	}

	report, err := v.Privacy.Erase(ctx, eva, her)
	check(err)
	fmt.Println(len(report.Calls), "call,", report.Gone.Files, "file")
	c, err = v.Calls.Get(ctx, ana, c.ID)
	check(err)
	fmt.Println(c.Customer)
	// Output:
	// these calls of the customer have not ended: …
	// call.json
	// events.json
	// files.json
	// 01-contract.txt
	// README.txt
	// 1 call, 1 file
	// {Erased customer  }
}
