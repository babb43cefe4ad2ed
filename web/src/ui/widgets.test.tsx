import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { renderWidget } from "@/test-render";
import { Button, IconButton } from "./button";
import { Bars } from "./charts/bars";
import { ConfirmDialog } from "./confirm-dialog";
import { CopyButton } from "./copy-button";
import { Dialog } from "./dialog";
import { NumberField, SelectField, TextField } from "./field";
import { SearchBox } from "./search-box";
import { SecretField } from "./secret-field";
import { SwitchField } from "./switch";
import { TagInput } from "./tag-input";
import { showToast, Toaster } from "./toast";

afterEach(() => vi.restoreAllMocks());

describe("buttons", () => {
  it("are busy and disabled while something is under way", async () => {
    const onClick = vi.fn();
    renderWidget(
      <Button isBusy onClick={onClick}>
        Save
      </Button>,
    );
    const button = screen.getByRole("button", { name: "Save" });
    expect(button.getAttribute("aria-busy")).toBe("true");
    await userEvent.click(button);
    expect(onClick).not.toHaveBeenCalled();
  });
  it("that show an icon have a name", () => {
    renderWidget(<IconButton label="Refresh" icon={<svg aria-hidden="true" />} />);
    screen.getByRole("button", { name: "Refresh" });
  });
});

describe("fields", () => {
  it("link label, hint and error", () => {
    renderWidget(<TextField label="Name" hint="a hint" error="an error" isRequired />);
    const input = screen.getByLabelText(/Name/);
    expect(input.getAttribute("aria-invalid")).toBe("true");
    expect(input.getAttribute("aria-required")).toBe("true");
    const described = (input.getAttribute("aria-describedby") ?? "").split(" ");
    expect(described.map((id) => document.getElementById(id)?.textContent)).toEqual([
      "a hint",
      "an error",
    ]);
  });
  it("have choices, units and switches", async () => {
    const onChange = vi.fn();
    renderWidget(
      <>
        <SelectField label="Type" options={[{ value: "a", label: "Alpha" }]} />
        <NumberField label="Wait" suffix="ms" prefix="~" />
        <SwitchField label="Enabled" hint="why" isOn={false} onChange={onChange} />
      </>,
    );
    expect(screen.getByLabelText("Type").textContent).toBe("Alpha");
    expect(screen.getByLabelText("Wait").getAttribute("inputmode")).toBe("decimal");
    await userEvent.click(screen.getByRole("switch", { name: "Enabled" }));
    expect(onChange).toHaveBeenCalledExactlyOnceWith(true);
  });
  it("hide a secret until the eye is pressed", async () => {
    renderWidget(<SecretField label="Secret" />);
    expect(screen.getByLabelText("Secret").getAttribute("type")).toBe("password");
    await userEvent.click(screen.getByRole("button", { name: "Show key" }));
    expect(screen.getByLabelText("Secret").getAttribute("type")).toBe("text");
    screen.getByRole("button", { name: "Hide key" });
  });
});

function Tags(props: { first?: string[]; onChange?: (tags: string[]) => void }) {
  const [tags, setTags] = useState(props.first ?? []);
  const change = (next: string[]) => {
    setTags(next);
    props.onChange?.(next);
  };
  return <TagInput label="Tags" tags={tags} onChange={change} maxTags={3} maxLength={5} />;
}

describe("tags", () => {
  it("are added by Enter and comma, without duplicates, and taken back by Backspace", async () => {
    const onChange = vi.fn();
    renderWidget(<Tags onChange={onChange} />);
    const input = screen.getByLabelText("Tags");
    await userEvent.type(input, "a,b{Enter}a,");
    expect(onChange).toHaveBeenLastCalledWith(["a", "b"]);
    await userEvent.type(input, "{Backspace}");
    expect(onChange).toHaveBeenLastCalledWith(["a"]);
    await userEvent.click(screen.getByRole("button", { name: "Remove a" }));
    expect(onChange).toHaveBeenLastCalledWith([]);
  });
  it("split a paste, and keep within their bounds", async () => {
    const onChange = vi.fn();
    renderWidget(<Tags first={["x"]} onChange={onChange} />);
    await userEvent.click(screen.getByLabelText("Tags"));
    await userEvent.paste("one,toolong\ntwo,three");
    expect(onChange).toHaveBeenLastCalledWith(["x", "one", "two"]);
    expect(screen.getByLabelText("Tags")).toHaveProperty("disabled", true);
  });
});

describe("dialogs", () => {
  it("close with Escape, and give the focus back", async () => {
    function Opener() {
      const [isOpen, setOpen] = useState(false);
      return (
        <>
          <Button onClick={() => setOpen(true)}>Open</Button>
          {isOpen && (
            <Dialog title="Title" onClose={() => setOpen(false)}>
              text
            </Dialog>
          )}
        </>
      );
    }
    renderWidget(<Opener />);
    await userEvent.click(screen.getByRole("button", { name: "Open" }));
    screen.getByRole("dialog", { name: "Title" });
    await userEvent.keyboard("{Escape}");
    expect(screen.queryByRole("dialog")).toBeNull();
    await waitFor(() => {
      expect(document.activeElement).toBe(screen.getByRole("button", { name: "Open" }));
    });
  });
  it("with unsaved changes ask before they close", async () => {
    const onClose = vi.fn();
    renderWidget(
      <Dialog title="Form" onClose={onClose} isDirty>
        <form>
          <TextField label="Name" />
        </form>
      </Dialog>,
    );
    await userEvent.keyboard("{Escape}");
    await userEvent.click(screen.getByRole("button", { name: "Stay" }));
    expect(onClose).not.toHaveBeenCalled();
    await userEvent.keyboard("{Escape}");
    await userEvent.click(screen.getByRole("button", { name: "Leave" }));
    expect(onClose).toHaveBeenCalledOnce();
  });
  it("that delete for good want the name typed", async () => {
    const onConfirm = vi.fn();
    renderWidget(
      <ConfirmDialog
        title="Delete?"
        confirmLabel="Delete"
        typedName="alice"
        onConfirm={onConfirm}
        onClose={() => {}}
        error="refused"
      >
        text
      </ConfirmDialog>,
    );
    expect(screen.getByRole("alert").textContent).toBe("refused");
    const confirm = screen.getByRole("button", { name: "Delete" });
    expect(confirm).toHaveProperty("disabled", true);
    await userEvent.type(screen.getByRole("textbox"), "alice");
    await userEvent.click(confirm);
    expect(onConfirm).toHaveBeenCalledOnce();
  });
});

describe("copying", () => {
  it("says that it copied", async () => {
    const user = userEvent.setup();
    const onCopied = vi.fn();
    renderWidget(<CopyButton text="sk-1" look="normal" onCopied={onCopied} />);
    await user.click(screen.getByRole("button", { name: "Copy" }));
    expect(await navigator.clipboard.readText()).toBe("sk-1");
    await screen.findByRole("button", { name: "Copied" });
    expect(onCopied).toHaveBeenCalledOnce();
  });
  it("marks the text and says so where the clipboard is blocked", async () => {
    const user = userEvent.setup();
    vi.spyOn(navigator.clipboard, "writeText").mockRejectedValue(new Error("blocked"));
    const onCopied = vi.fn();
    renderWidget(<CopyButton text="sk-1" look="normal" onCopied={onCopied} />);
    await user.click(screen.getByRole("button", { name: "Copy" }));
    await screen.findByRole("button", { name: /Ctrl C/ });
    expect(onCopied).not.toHaveBeenCalled();
  });
});

describe("searching", () => {
  it("waits for the typing to rest", async () => {
    const onChange = vi.fn();
    renderWidget(<SearchBox label="Search" value="" onChange={onChange} />);
    await userEvent.type(screen.getByRole("searchbox"), "abc");
    expect(onChange).not.toHaveBeenCalled();
    await waitFor(() => expect(onChange).toHaveBeenCalledExactlyOnceWith("abc"));
  });
  it("does not wait after Enter", async () => {
    const onChange = vi.fn();
    renderWidget(<SearchBox label="Search" value="" onChange={onChange} />);
    await userEvent.type(screen.getByRole("searchbox"), "a{Enter}");
    expect(onChange).toHaveBeenCalledWith("a");
  });
});

describe("toasts", () => {
  it("are announced politely, a few at a time, and can be dismissed", async () => {
    renderWidget(<Toaster />);
    for (let count = 1; count <= 6; count += 1) showToast("info", `toast ${count}`);
    await screen.findByText("toast 6");
    expect(screen.queryByText("toast 2")).toBeNull();
    const region = screen.getByRole("region", { name: "Notifications" });
    expect(region.getAttribute("aria-live")).toBe("polite");
    await userEvent.click(screen.getAllByRole("button", { name: "Dismiss" })[0] as HTMLElement);
    expect(screen.queryByText("toast 3")).toBeNull();
  });
});

describe("bars", () => {
  const bars = [
    { id: "a", label: "09:00", value: 120, bad: 2 },
    { id: "b", label: "10:00", value: 0, bad: 0 },
  ];
  it("can be read as a table", async () => {
    renderWidget(
      <Bars
        title="By hour"
        labelTitle="Hour"
        valueTitle="Requests"
        badTitle="Failures"
        bars={bars}
      />,
    );
    expect(screen.getByRole("img").getAttribute("aria-label")).toContain("120");
    await userEvent.click(screen.getByRole("button", { name: "Show as table" }));
    screen.getByRole("row", { name: "09:00 120 2" });
  });
});
