// Starts the documents' side of the page.
import { beginDocument } from "./document.js";
import { beginLibrary } from "./library.js";

beginLibrary();
beginDocument(document);
