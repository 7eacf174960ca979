import { describe, expect, test } from "vitest";
import { decodeText } from "./decode-text.ts";

const bytes = (...parts: readonly (string | number)[]): Uint8Array =>
  Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : Buffer.of(part))));

describe("decodeText", () => {
  test.each<[string, Uint8Array, string]>([
    ["UTF-8 by default", Buffer.from("x = 'é😀'"), "x = 'é😀'"],
    ["a byte order mark, which is left out", Buffer.from("\uFEFFx = 'é'"), "x = 'é'"],
    ["a Latin-1 cookie", bytes("# -*- coding: latin-1 -*-\n# ", 0xe9, 0x80), "# -*- coding: latin-1 -*-\n# é\u0080"],
    ["a cookie on the second line", bytes("#!/usr/bin/python\n# coding=iso8859-1\n# ", 0xe9), "#!/usr/bin/python\n# coding=iso8859-1\n# é"],
    ["cp1252", bytes("# vim: set fileencoding=cp1252 :\n# ", 0x80), "# vim: set fileencoding=cp1252 :\n# €"],
    ["KOI8-R", bytes("# coding: koi8-r\n# ", 0xc1), "# coding: koi8-r\n# а"],
    ["Latin-9", bytes("# coding: iso-8859-15\n# ", 0xa4), "# coding: iso-8859-15\n# €"],
    ["Japanese", bytes("# coding: shift_jis\n# ", 0x82, 0xa0), "# coding: shift_jis\n# あ"],
    ["a UTF-8 cookie in Emacs' words", bytes("# coding: utf-8-unix\n# ", 0xc3, 0xa9), "# coding: utf-8-unix\n# é"],
    ["no cookie on the third line", bytes("\n\n# coding: latin-1\n# ", 0xc3, 0xa9), "\n\n# coding: latin-1\n# é"],
    ["no cookie after code", bytes("x = 1\n# coding: latin-1\n# ", 0xc3, 0xa9), "x = 1\n# coding: latin-1\n# é"],
    ["nothing", bytes(), ""],
  ])("%s", (_, source, text) => {
    expect(decodeText(source)).toEqual({ text, notice: null });
  });

  test("an unknown encoding is read as Latin-1, with a notice", () => {
    const { text, notice } = decodeText(bytes("# coding: klingon\n", 0xe9));
    expect(text).toBe("# coding: klingon\né");
    expect(notice).toBe("unknown encoding klingon, read as latin-1");
  });

  test("invalid UTF-8 is read as Latin-1, with a notice", () => {
    expect(decodeText(bytes("x = '", 0xe9, "'"))).toEqual({
      text: "x = 'é'",
      notice: "not valid utf-8, read as latin-1",
    });
  });
});
