import { cleanup } from "@testing-library/react";
import { afterEach, beforeAll } from "vitest";
import { loadCatalogue } from "@/i18n/loader";

beforeAll(() => loadCatalogue("en", "shell", "logs"));
afterEach(cleanup);
